package io.sluice.webflux.api;

import io.sluice.run.SchemaProgress;
import org.jspecify.annotations.Nullable;

/**
 * How far a schema run is.
 *
 * @param phase what the server is doing, in its own words; absent before it begins
 * @param percent 0 to 100, each phase weighted by the time that it usually takes
 * @param etaMillis what the rest takes at the recent rate
 * @param blocks blocks that the phase reads; as all counts, absent while the phase counts none
 * @param tuples rows that the phase sorts or writes
 * @param lockers transactions that the phase waits for
 * @param partitions partitions whose index is done
 * @param waitsFor who is in the way, or why it waits
 * @param failure what failed last
 */
@Wire
record SchemaProgressView(
        String run,
        String status,
        @Nullable String phase,
        double percent,
        @Nullable Long etaMillis,
        @Nullable Counted blocks,
        @Nullable Counted tuples,
        @Nullable Counted lockers,
        @Nullable Counted partitions,
        @Nullable String waitsFor,
        @Nullable String failure) {

    /** How many of how many. */
    @Wire
    record Counted(long done, long total) {

        static @Nullable Counted of(SchemaProgress.Counted it) {
            return it.total() == 0 ? null : new Counted(it.done(), it.total());
        }
    }

    static SchemaProgressView of(SchemaProgress it) {
        return new SchemaProgressView(
                it.run().toString(),
                it.status().name(),
                it.phase().isEmpty() ? null : it.phase(),
                it.percent(),
                it.eta() == null ? null : it.eta().toMillis(),
                Counted.of(it.blocks()),
                Counted.of(it.tuples()),
                Counted.of(it.lockers()),
                Counted.of(it.partitions()),
                it.waitsFor(),
                it.failure());
    }
}
