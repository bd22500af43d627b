package io.sluice.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch as the audit of its run keeps it, or an unbroken stretch of finished ones that was folded into one row.
 *
 * @param number in the ledger; later batches have greater ones
 * @param pass 0 for the work itself, from 1 on for counts and sweeps
 * @param lower key behind which it begins; null: at the first key
 * @param upper last key of it; null while it is not known
 * @param working time that its sub-batches took, all together
 * @param batches how many are folded into this row; 1 for one that is not folded
 * @param failure why its last attempt failed; null when none did
 */
public record AuditedBatch(
        RunId run,
        long number,
        int pass,
        Status status,
        int attempts,
        @Nullable List<String> lower,
        @Nullable List<String> upper,
        long rowsSeen,
        long rowsChanged,
        Duration working,
        long batches,
        Instant started,
        @Nullable Instant finished,
        @Nullable Failure failure) {

    /** Where a batch stands. */
    public enum Status {
        /** It is worked on; its counts are those of its checkpoints only when it is done. */
        RUNNING,
        /** Its last attempt failed, and there are more. */
        ERRORED,
        /** It is searched for the rows that fail. */
        SPLIT,
        /** Its attempts are spent. */
        FAILED,
        /** Done. */
        SUCCEEDED
    }
}
