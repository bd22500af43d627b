/** The same backfill, done by Sluice and by what else one would take, interleaved on one server in one go. */
@NullMarked
package io.sluice.benchmarks.sidebyside;

import org.jspecify.annotations.NullMarked;
