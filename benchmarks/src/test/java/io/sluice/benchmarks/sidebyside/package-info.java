@NullMarked
package io.sluice.benchmarks.sidebyside;

import org.jspecify.annotations.NullMarked;
