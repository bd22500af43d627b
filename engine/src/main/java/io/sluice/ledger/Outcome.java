package io.sluice.ledger;

import java.time.Duration;

/** Why the work on a run ended. */
public sealed interface Outcome {

    /** Every row is done. */
    record Completed() implements Outcome {}

    /** It was stopped; nothing of it is in flight any more, unless the lease is lost. */
    record Stopped(HeldRun.StopReason reason) implements Outcome {}

    /** The guard refused: the run was asked to stop, or somebody else has it. */
    record Refused() implements Outcome {}

    /** The database needs rest for longer than a lease should be held. */
    record Throttled(String reason, Duration askAgain) implements Outcome {}

    /**
     * It failed.
     *
     * @param isFinal true when trying again by itself makes no sense
     * @param progressed true when something was committed before; then this is the first failure in a row
     */
    record Failed(Throwable error, boolean isFinal, boolean progressed) implements Outcome {}
}
