package io.sluice.run;

import java.time.Duration;

/**
 * How one run walks its table. The defaults suit a table of ordinary rows on a busy primary. All of them can be changed while
 * the run works and hold from its next sub-batch, lanes from its next claim.
 *
 * @param batchSize rows of a batch, the unit of attempts and of the audit: 1 to 10 000 000, default 10 000
 * @param subBatchSize rows of one transaction, or of the first one where the size is adaptive: 1 to 100 000, not above
 *     {@code batchSize}, default 1 000
 * @param sizing how the size follows the time that a sub-batch takes, default adaptive
 * @param batchPause rest after a batch: 0 to 1 day, default 0
 * @param subBatchPause rest after a sub-batch: 0 to 1 day, default 0
 * @param batchAttempts attempts of a batch before the run is FAILED: 1 to 1 000, default 5
 * @param lanes disjoint key ranges worked on at once, each on a connection of its own: 1 to 64, default 1
 */
public record BatchSettings(
        int batchSize,
        int subBatchSize,
        Sizing sizing,
        Duration batchPause,
        Duration subBatchPause,
        int batchAttempts,
        int lanes) {

    // first, as the defaults are checked against it
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    public static final BatchSettings DEFAULTS =
            new BatchSettings(10_000, 1_000, Sizing.ADAPTIVE, Duration.ZERO, Duration.ZERO, 5, 1);

    public BatchSettings {
        within("batch size", batchSize, 1, 10_000_000);
        within("sub-batch size", subBatchSize, 1, 100_000);
        if (subBatchSize > batchSize) {
            throw new IllegalArgumentException(
                    "sub-batch size must be 1.." + batchSize + " (the batch size), was " + subBatchSize);
        }
        within("batch pause", batchPause);
        within("sub-batch pause", subBatchPause);
        within("batch attempts", batchAttempts, 1, 1_000);
        within("lanes", lanes, 1, 64);
    }

    public BatchSettings withBatchSize(int rows) {
        return new BatchSettings(
                rows,
                Math.min(subBatchSize, Math.max(rows, 1)),
                sizing,
                batchPause,
                subBatchPause,
                batchAttempts,
                lanes);
    }

    /** Sub-batches of this size always. */
    public BatchSettings withSubBatchSize(int rows) {
        return new BatchSettings(batchSize, rows, Sizing.FIXED, batchPause, subBatchPause, batchAttempts, lanes);
    }

    /** Sub-batches that begin with this size and then follow the time that they take. */
    public BatchSettings withSubBatchSize(int first, Sizing adaptive) {
        return new BatchSettings(batchSize, first, adaptive, batchPause, subBatchPause, batchAttempts, lanes);
    }

    public BatchSettings withBatchPause(Duration pause) {
        return new BatchSettings(batchSize, subBatchSize, sizing, pause, subBatchPause, batchAttempts, lanes);
    }

    public BatchSettings withSubBatchPause(Duration pause) {
        return new BatchSettings(batchSize, subBatchSize, sizing, batchPause, pause, batchAttempts, lanes);
    }

    public BatchSettings withBatchAttempts(int attempts) {
        return new BatchSettings(batchSize, subBatchSize, sizing, batchPause, subBatchPause, attempts, lanes);
    }

    public BatchSettings withLanes(int ranges) {
        return new BatchSettings(batchSize, subBatchSize, sizing, batchPause, subBatchPause, batchAttempts, ranges);
    }

    /** True when the run rests after some of its sub-batches. */
    public boolean rests() {
        return !batchPause.isZero() || !subBatchPause.isZero();
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }

    private static void within(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST_PAUSE) > 0) {
            throw new IllegalArgumentException(option + " must be 0.." + LONGEST_PAUSE + ", was " + value);
        }
    }
}
