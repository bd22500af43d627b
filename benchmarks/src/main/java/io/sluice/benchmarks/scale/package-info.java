/** How far it goes: what a row costs as tables grow, and what a shard costs as there are more of them in one JVM. */
@NullMarked
package io.sluice.benchmarks.scale;

import org.jspecify.annotations.NullMarked;
