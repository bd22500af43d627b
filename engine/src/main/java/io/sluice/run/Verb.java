package io.sluice.run;

import static io.sluice.run.RunStatus.CANCELLED;
import static io.sluice.run.RunStatus.CANCELLING;
import static io.sluice.run.RunStatus.DELAYED;
import static io.sluice.run.RunStatus.ENQUEUED;
import static io.sluice.run.RunStatus.ERRORED;
import static io.sluice.run.RunStatus.FAILED;
import static io.sluice.run.RunStatus.FINISHING;
import static io.sluice.run.RunStatus.PAUSED;
import static io.sluice.run.RunStatus.PAUSING;
import static io.sluice.run.RunStatus.RUNNING;
import static io.sluice.run.RunStatus.SUCCEEDED;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an operator can ask of a run. A verb is a set of edges of {@link RunStatus#next()}: in every status it either moves the
 * run along one of them or is refused with {@link IllegalTransitionException}.
 */
public enum Verb {
    /** Lets a delayed run begin. */
    APPROVE(Map.of(DELAYED, ENQUEUED)),
    /** Stops it until it is resumed; the sub-batch in flight is rolled back, the cursor stands. */
    PAUSE(Map.of(ENQUEUED, PAUSED, RUNNING, PAUSING, FINISHING, PAUSING, ERRORED, PAUSED)),
    /** Lets a paused run go on. */
    RESUME(Map.of(PAUSED, ENQUEUED, PAUSING, RUNNING)),
    /** Ends it for good; what was committed stays. */
    CANCEL(Map.of(
            DELAYED, CANCELLED,
            ENQUEUED, CANCELLED,
            RUNNING, CANCELLING,
            FINISHING, CANCELLING,
            PAUSING, CANCELLING,
            PAUSED, CANCELLED,
            ERRORED, CANCELLED,
            FAILED, CANCELLED)),
    /** Tries again now, with all attempts anew, what failed. */
    RETRY(Map.of(ERRORED, ENQUEUED, FAILED, ENQUEUED)),
    /** Drives it to its end in the caller; a claim, so it goes with a lease of its own. */
    FINISH(Map.of(
            ENQUEUED, FINISHING,
            RUNNING, FINISHING,
            PAUSING, FINISHING,
            PAUSED, FINISHING,
            ERRORED, FINISHING,
            FAILED, FINISHING)),
    /** Declares that what is left will never be migrated, and that this is well. */
    DISMISS(Map.of(FAILED, SUCCEEDED));

    private final Map<RunStatus, RunStatus> moves;

    Verb(Map<RunStatus, RunStatus> moves) {
        this.moves = new EnumMap<>(moves);
    }

    /** The status that this verb leads to from the given one; empty where it is refused. */
    public Optional<RunStatus> from(RunStatus status) {
        return Optional.ofNullable(moves.get(status));
    }

    /** Statuses from which this verb moves a run. */
    public Set<RunStatus> allowedIn() {
        return moves.keySet();
    }

    /** Verbs that move a run which stands at the given status. */
    public static Set<Verb> allowedIn(RunStatus status) {
        EnumSet<Verb> allowed = EnumSet.noneOf(Verb.class);
        Arrays.stream(values()).filter(verb -> verb.from(status).isPresent()).forEach(allowed::add);
        return allowed;
    }
}
