@NullMarked
package io.sluice.benchmarks.scale;

import org.jspecify.annotations.NullMarked;
