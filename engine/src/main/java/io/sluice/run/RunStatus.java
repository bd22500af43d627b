package io.sluice.run;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Arrays;
import java.util.Set;

/**
 * Where a run stands. The only place that says which change of status is allowed: verbs, SQL guards and the page are derived
 * from it. Requests and facts have different names: {@link #PAUSING} was asked, {@link #PAUSED} is true.
 */
public enum RunStatus {
    /** Waits for a person's approval. */
    DELAYED,
    /** Waits for a worker. */
    ENQUEUED,
    /** A worker holds its lease and works. */
    RUNNING,
    /** A foreground caller holds its lease and drives it to its end, without pauses. */
    FINISHING,
    /** Asked to pause; the worker has not stopped yet. */
    PAUSING,
    /** Stopped by a person; goes on when resumed. */
    PAUSED,
    /** Asked to cancel; the worker has not stopped yet. */
    CANCELLING,
    /** Stopped for good by a person; what was committed stays. */
    CANCELLED,
    /** The last attempt failed; another one follows at its time. */
    ERRORED,
    /** Attempts are spent, or rows are in quarantine; a person must act. */
    FAILED,
    /** Done, every row. */
    SUCCEEDED;

    /** The transition table: one row per status. A status without a row does not compile. */
    public Set<RunStatus> next() {
        return switch (this) {
            // approved or refused by a person
            case DELAYED -> Set.of(ENQUEUED, CANCELLED);
            // claimed; stopped before it began; driven by a foreground caller
            case ENQUEUED -> Set.of(RUNNING, PAUSED, CANCELLED, FINISHING);
            // ENQUEUED: handed back (shutdown, throttle, lapsed lease)
            case RUNNING -> Set.of(SUCCEEDED, PAUSING, CANCELLING, ERRORED, FAILED, FINISHING, ENQUEUED);
            // ENQUEUED: the foreground caller is gone
            case FINISHING -> Set.of(SUCCEEDED, PAUSING, CANCELLING, ERRORED, FAILED, ENQUEUED);
            // RUNNING: they changed their mind; SUCCEEDED: it was on its last sub-batch anyway
            case PAUSING -> Set.of(PAUSED, RUNNING, CANCELLING, FINISHING, SUCCEEDED, ERRORED, FAILED);
            case PAUSED -> Set.of(ENQUEUED, CANCELLED, FINISHING);
            // FAILED: only when the clean-up failed
            case CANCELLING -> Set.of(CANCELLED, SUCCEEDED, FAILED);
            // RUNNING: its time has come; ENQUEUED: a person wants it retried now
            case ERRORED -> Set.of(RUNNING, ENQUEUED, PAUSED, CANCELLED, FAILED, FINISHING);
            // SUCCEEDED: what was left is dismissed
            case FAILED -> Set.of(ENQUEUED, FINISHING, CANCELLED, SUCCEEDED);
            case SUCCEEDED, CANCELLED -> Set.of();
        };
    }

    /** Statuses that may turn into this one; the SQL guard of a change is derived from it. */
    public Set<RunStatus> previous() {
        return Arrays.stream(values()).filter(it -> it.next().contains(this)).collect(toUnmodifiableSet());
    }

    /** True where somebody holds the lease of the run: a worker, or a foreground caller. */
    public boolean isLeased() {
        return switch (this) {
            case RUNNING, FINISHING, PAUSING, CANCELLING -> true;
            case DELAYED, ENQUEUED, PAUSED, CANCELLED, ERRORED, FAILED, SUCCEEDED -> false;
        };
    }

    /** True where sub-batches may commit. The guard of every sub-batch asks the same of the row. */
    public boolean isWorking() {
        return this == RUNNING || this == FINISHING;
    }

    /** True where nothing follows. */
    public boolean isTerminal() {
        return next().isEmpty();
    }
}
