package io.sluice.run;

import static io.sluice.run.RunStatus.CANCELLED;
import static io.sluice.run.RunStatus.CANCELLING;
import static io.sluice.run.RunStatus.ENQUEUED;
import static io.sluice.run.RunStatus.ERRORED;
import static io.sluice.run.RunStatus.FAILED;
import static io.sluice.run.RunStatus.FINISHING;
import static io.sluice.run.RunStatus.PAUSED;
import static io.sluice.run.RunStatus.PAUSING;
import static io.sluice.run.RunStatus.RUNNING;
import static io.sluice.run.RunStatus.SUCCEEDED;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the holder of a lease lets go of a run. Like a {@link Verb} it is a set of edges of {@link RunStatus#next()}; what was
 * asked of the run meanwhile is honoured: an error while CANCELLING is recorded, and the run becomes CANCELLED.
 */
public enum Ending {
    /** Every row is done. */
    SUCCESS(Map.of(RUNNING, SUCCEEDED, FINISHING, SUCCEEDED, PAUSING, SUCCEEDED, CANCELLING, SUCCEEDED)),
    /** It failed, and attempts are left. */
    ERROR(Map.of(RUNNING, ERRORED, FINISHING, ERRORED, PAUSING, PAUSED, CANCELLING, CANCELLED)),
    /** It failed, and a person must act. */
    FAILURE(Map.of(RUNNING, FAILED, FINISHING, FAILED, PAUSING, FAILED, CANCELLING, CANCELLED)),
    /** It stopped because it was asked to. Refused in RUNNING and FINISHING: they changed their mind, so it goes on. */
    STOP(Map.of(PAUSING, PAUSED, CANCELLING, CANCELLED)),
    /** Somebody else shall go on: the instance shuts down, the caller is gone, the database needs rest, the lease lapsed. */
    HAND_BACK(Map.of(RUNNING, ENQUEUED, FINISHING, ENQUEUED, PAUSING, PAUSED, CANCELLING, CANCELLED));

    private final Map<RunStatus, RunStatus> moves;

    Ending(Map<RunStatus, RunStatus> moves) {
        this.moves = new EnumMap<>(moves);
    }

    /** The status that this ending leads to; empty where it is refused. */
    public Optional<RunStatus> from(RunStatus status) {
        return Optional.ofNullable(moves.get(status));
    }

    /** Statuses in which this ending is possible. */
    public Set<RunStatus> allowedIn() {
        return moves.keySet();
    }
}
