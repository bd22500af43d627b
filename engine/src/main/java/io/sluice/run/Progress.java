package io.sluice.run;

import java.time.Duration;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is. Rows seen, total and remaining are in one unit: keys passed.
 *
 * @param phase what is being done: the work itself, or the count and the sweeps after it
 * @param rowsSeen keys that the work has passed; it never falls
 * @param seenInPass keys passed by the present pass: the same while WORKING, and from 0 again in each count and sweep
 * @param rowsChanged rows that the work changed, all phases together
 * @param total rows to pass
 * @param rowsPerSecond recent rate of the present pass; 0 when it stands or is not known yet
 * @param eta time that the rest of the present pass takes at the recent rate; null when that cannot be said
 * @param reason why it waits or is slowed down, or what failed; null when there is nothing to say
 * @param throttled time in which it did nothing because of the throttle, in all
 */
public record Progress(
        RunId run,
        RunStatus status,
        Phase phase,
        long rowsSeen,
        long seenInPass,
        long rowsChanged,
        RowTotal total,
        double rowsPerSecond,
        @Nullable Duration eta,
        @Nullable String reason,
        Duration throttled) {

    /** What a pass over the keys is for. */
    public enum Phase {
        /** The work itself. */
        WORKING,
        /** Rows that still match what the migration declares as remaining are counted. */
        COUNTING,
        /** Rows that were left are done. */
        SWEEPING,
        /** Rows in quarantine are tried again. */
        RETRYING
    }

    /**
     * Percent of the rows passed by the work, 0 to 100. It is 100 only for a run that SUCCEEDED: an estimate that was too low
     * holds it just below, and so do the count and the sweeps.
     *
     * @return empty when the total is not known
     */
    public OptionalDouble percent() {
        if (status == RunStatus.SUCCEEDED) {
            return OptionalDouble.of(100);
        }
        if (total.kind() == RowTotal.Kind.UNKNOWN) {
            return OptionalDouble.empty();
        }
        double share = total.rows() == 0 ? 0 : 100.0 * rowsSeen / total.rows();
        return OptionalDouble.of(Math.min(share, 99.9));
    }
}
