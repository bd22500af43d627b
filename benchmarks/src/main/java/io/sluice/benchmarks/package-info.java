/** Measurements, each beside its baseline. */
@NullMarked
package io.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
