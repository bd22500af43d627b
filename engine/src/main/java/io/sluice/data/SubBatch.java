package io.sluice.data;

import java.time.Duration;

/**
 * What one call for a sub-batch came to.
 *
 * @param seen keys passed
 * @param changed rows changed
 * @param pause rest that is due after it
 * @param rests true when the settings of the run have it rest now or later, so that no call may follow on its heels
 */
record SubBatch(State state, long seen, long changed, Duration pause, boolean rests) {

    /** What follows. */
    enum State {
        /** Committed; more may follow. */
        COMMITTED,
        /** Committed, and it was the last one of its lane. */
        LAST,
        /** Committed; the lane wants a fresh row before it goes on. */
        RENEW,
        /** Nothing done: the lane is at its end. */
        NOTHING_LEFT,
        /** Nothing done: the run was asked to stop, or somebody else has it. */
        REFUSED
    }

    static final SubBatch NOTHING_LEFT = new SubBatch(State.NOTHING_LEFT, 0, 0, Duration.ZERO, false);
    static final SubBatch REFUSED = new SubBatch(State.REFUSED, 0, 0, Duration.ZERO, false);

    SubBatch as(State other) {
        return new SubBatch(other, seen, changed, pause, rests);
    }

    /** True where something was done. */
    boolean isCommitted() {
        return state == State.COMMITTED || state == State.LAST || state == State.RENEW;
    }

    /** True where no further call on this connection makes sense. */
    boolean endsItsOpening() {
        return state != State.COMMITTED;
    }
}
