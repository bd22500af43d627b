package io.sluice.ledger;

import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.shard.Turn;
import reactor.core.publisher.Mono;

/**
 * A run whose lease we hold.
 *
 * @param run as it was claimed
 * @param stop emits once when the holder must stop; never completes empty
 * @param shutdown emits when this instance shuts down or the caller is gone, whatever was asked before; may never do
 * @param turn what the holder may take of the budget of all shards
 */
public record HeldRun(Run run, Lease lease, Mono<StopReason> stop, Mono<StopReason> shutdown, Turn turn) {

    /** Why the holder of a lease must stop. */
    public enum StopReason {
        /** An operator asked to pause or to cancel. */
        ASKED,
        /** This instance shuts down, or the caller is gone. */
        SHUTDOWN,
        /** Somebody else has the run, or it could not be made sure that nobody has. */
        LEASE_LOST
    }

    /** True when a foreground caller drives it to its end: without pauses and without a throttle. */
    public boolean isForeground() {
        return run.status() == RunStatus.FINISHING;
    }
}
