package io.sluice.ledger;

import io.sluice.run.Run;
import io.sluice.run.RunKind;
import java.time.Duration;
import java.util.Set;
import reactor.core.publisher.Mono;

/** What a kind of run says of itself: which migrations it knows, what its work is, and how to end what is in flight. */
public interface RunWork {

    RunKind kind();

    /** Names of the migrations declared on this instance; of schema runs: the operations that this engine knows. */
    Set<String> names();

    /** True for a run whose migration is known here. */
    default boolean knows(Run run) {
        return run.kind() == kind() && names().contains(run.name());
    }

    /**
     * Works on a run until it ends or must stop.
     *
     * @return one outcome, errors included. Cancelling ends what is in flight, on the server too; {@link #fence} waits for it.
     */
    Mono<Outcome> work(HeldRun run);

    /**
     * Does what is due after a run was let go of, or was moved while nobody worked on it.
     *
     * @param run as it stands now, of any migration
     * @return completes when that is done; never errors
     */
    Mono<Void> left(Run run);

    /** Does some of what is due after runs that are over and could not be seen to then; completes soon. */
    default Mono<Void> owed() {
        return Mono.empty();
    }

    /**
     * Completes when nothing that was sent for the run before can still commit.
     *
     * @param patience how long what is in flight may take before its backend is terminated
     */
    Mono<Void> fence(Lease lease, Duration patience);
}
