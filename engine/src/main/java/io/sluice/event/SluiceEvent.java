package io.sluice.event;

import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened to a run. The journal of its shard keeps it, unless said otherwise. */
public sealed interface SluiceEvent {

    /** Which run, and where in the journal. */
    Origin origin();

    /**
     * Which run an event is about, and its place in the journal of the shard.
     *
     * @param number grows with each commit of the shard's journal; resume after the last one that was seen
     *     Of an event that is not journalled: the number of the last one before it
     * @param at by the clock of the database
     * @param migration name of the migration
     */
    record Origin(RunId run, long number, Instant at, String migration) {}

    /** A run was enqueued. */
    record RunEnqueued(Origin origin, RunStatus status) implements SluiceEvent {}

    /**
     * A run changed its status. There is this one event for all changes; the methods name those that are looked for most.
     *
     * @param failure the error that caused it, if one did
     */
    record StatusChanged(
            Origin origin,
            RunStatus from,
            RunStatus to,
            @Nullable String reason,
            @Nullable Failure failure) implements SluiceEvent {

        /** A worker, or a foreground caller, began to work on it. */
        public boolean isStarted() {
            return !from.isWorking() && from != RunStatus.PAUSING && to.isWorking();
        }

        /** It stands still, as it was asked to. */
        public boolean isPaused() {
            return to == RunStatus.PAUSED;
        }

        /** It was paused, or about to be, and may go on. */
        public boolean isResumed() {
            return (from == RunStatus.PAUSED || from == RunStatus.PAUSING)
                    && (to == RunStatus.ENQUEUED || to.isWorking());
        }

        public boolean isCancelled() {
            return to == RunStatus.CANCELLED;
        }

        /** It failed and will be tried again by itself. */
        public boolean isErrored() {
            return to == RunStatus.ERRORED;
        }

        /** It failed, and a person must act. */
        public boolean isFailed() {
            return to == RunStatus.FAILED;
        }

        /** It is done. */
        public boolean isCompleted() {
            return to == RunStatus.SUCCEEDED;
        }
    }

    /**
     * Sub-batches of a run were committed by this instance. Told at most twice a second for each run, on the instance that works only,
     * and not journalled; a subscriber that does not keep up misses some.
     *
     * @param subBatches how many since the event before
     * @param rowsSeen keys that they passed
     * @param rowsChanged rows that they changed
     * @param took time that they took, all together
     */
    record SubBatchDone(Origin origin, int subBatches, long rowsSeen, long rowsChanged, Duration took)
            implements SluiceEvent {}

    /**
     * An attempt of a batch failed and was rolled back.
     *
     * @param batch number of the batch in the ledger
     * @param attempt 1 for the first
     * @param last true when no attempt is left
     * @param lower key behind which the batch begins; null: at the first key
     * @param upper last key of the batch
     */
    record BatchFailed(
            Origin origin,
            long batch,
            int attempt,
            boolean last,
            @Nullable List<String> lower,
            @Nullable List<String> upper,
            @Nullable Failure failure)
            implements SluiceEvent {}

    /**
     * A batch that failed is tried again now.
     *
     * @param batch number of the batch in the ledger
     * @param attempt 2 for the first one after a failure
     */
    record BatchRetried(Origin origin, long batch, int attempt) implements SluiceEvent {}

    /**
     * All attempts of a batch failed, so it is split until the row that is to blame stands alone.
     *
     * @param batch number of the batch in the ledger
     */
    record BatchSplit(
            Origin origin,
            long batch,
            @Nullable List<String> lower,
            @Nullable List<String> upper) implements SluiceEvent {}

    /**
     * A row cannot be migrated and was put into quarantine; the run goes on behind it.
     *
     * @param key text of its key
     */
    record RowQuarantined(
            Origin origin, List<String> key, @Nullable Failure failure) implements SluiceEvent {}

    /**
     * A pass over the keys is done and another one begins.
     *
     * @param phase what the next pass is for
     * @param rowsLeft rows that were still to do, where they were counted
     */
    record PassBegun(Origin origin, int pass, String phase, long rowsLeft) implements SluiceEvent {}

    /**
     * A run is slowed down or stopped by the throttle. Told when it begins, not for each change of the reason.
     *
     * @param reason what was measured and the limit, for people
     */
    record Throttled(Origin origin, String reason) implements SluiceEvent {}

    /**
     * A run goes on at full speed.
     *
     * @param lasted since {@link Throttled}
     */
    record Unthrottled(Origin origin, Duration lasted) implements SluiceEvent {}

    /**
     * A callback of the lifecycle was called and has ended, well or not.
     *
     * @param callback START, RESUME, PAUSE, CANCEL or COMPLETE
     */
    record CallbackCalled(Origin origin, String callback) implements SluiceEvent {}

    /**
     * Something about a schema run that people may want to know: for whom it waits, which lock it did not get, what it found.
     */
    record SchemaNoted(Origin origin, String note) implements SluiceEvent {}

    /**
     * A session that is in the way of a schema run is warned of, or was ended, as the settings say.
     *
     * @param action WARNED, CANCELLED or TERMINATED
     * @param pid its process number
     * @param blocker who it is and what it holds
     */
    record BlockerEnded(Origin origin, String action, int pid, String blocker) implements SluiceEvent {}

    /**
     * What happened here is known no more: the journal was cut before it was read. Told in place of the first event that is kept, or
     * alone where none is. It is about no run: the number of the run in its origin is 0, the name of the migration is empty.
     *
     * <p>Where the journal is behind what was read, as the database was restored or made anew, its numbers will be given once more: the
     * number of the origin is the last one there is now, smaller than {@code from}. Read on after that one.
     *
     * @param from number of the first event that is missing
     * @param to number of the last one
     */
    record Gap(Origin origin, long from, long to) implements SluiceEvent {}

    /** An event of a newer engine that works on the same ledger; this one does not know its kind. */
    record Unknown(Origin origin, String kind) implements SluiceEvent {}

    /** A run was removed from the ledger. */
    record RunRemoved(Origin origin) implements SluiceEvent {}
}
