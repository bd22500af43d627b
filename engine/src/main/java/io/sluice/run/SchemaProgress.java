package io.sluice.run;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far a schema run is, as its watchdog saw it last.
 *
 * @param phase what the server is doing, in its own words where it tells ({@code building index: scanning table}); empty before
 *     it begins
 * @param percent 0 to 100, each phase weighted by the time that it usually takes; it never falls and is 100 only for a run that
 *     SUCCEEDED
 * @param eta time that the rest takes at the recent rate; null when that cannot be said, as while it waits for somebody
 * @param blocks blocks of the table or index that the phase reads
 * @param tuples rows that the phase sorts or writes
 * @param lockers transactions that the phase waits for
 * @param partitions partitions whose index is done; 0 of 0 where there are none
 * @param waitsFor who it waits for, or why it waits; null when it does not
 * @param failure what failed last; null when nothing did
 */
public record SchemaProgress(
        RunId run,
        RunStatus status,
        String phase,
        double percent,
        @Nullable Duration eta,
        Counted blocks,
        Counted tuples,
        Counted lockers,
        Counted partitions,
        @Nullable String waitsFor,
        @Nullable String failure) {

    /** How many of how many; 0 of 0 where the phase counts none. */
    public record Counted(long done, long total) {}
}
