package io.sluice.event;

import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened to a run, as the journal of its shard keeps it. */
public sealed interface SluiceEvent {

    /** Which run, and where in the journal. */
    Origin origin();

    /**
     * Which run an event is about, and its place in the journal of the shard.
     *
     * @param number grows with each commit of the shard's journal; resume after the last one that was seen
     * @param at by the clock of the database
     * @param migration name of the migration
     */
    record Origin(RunId run, long number, Instant at, String migration) {}

    /** A run was enqueued. */
    record RunEnqueued(Origin origin, RunStatus status) implements SluiceEvent {}

    /**
     * A run changed its status.
     *
     * @param failure the error that caused it, if one did
     */
    record StatusChanged(
            Origin origin,
            RunStatus from,
            RunStatus to,
            @Nullable String reason,
            @Nullable Failure failure) implements SluiceEvent {}

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

    /** An event of a newer engine that works on the same ledger; this one does not know its kind. */
    record Unknown(Origin origin, String kind) implements SluiceEvent {}

    /** A run was removed from the ledger. */
    record RunRemoved(Origin origin) implements SluiceEvent {}
}
