package io.sluice.examples.skeleton;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.run.Arguments;
import io.sluice.run.RunGroup;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The enqueueing, and the gate of a later deploy. Every instance may call either at each start: enqueueing what is there
 * already changes nothing.
 */
public final class EnqueueAtDeploy {

    private final Sluice sluice;

    public EnqueueAtDeploy(Sluice sluice) {
        this.sluice = sluice;
    }

    /** Installs the ledger, enqueues on every shard and starts the workers of this instance. Emits what came of it on each. */
    public Flux<Enqueued> atStart() {
        return sluice.install()
                .thenMany(sluice.enqueue(Enqueue.of(FillEmailLower.NAME)))
                .concatWith(sluice.start().then(Mono.empty()));
    }

    /**
     * For the deploy whose code reads the new column only: emits the group, errors with {@link
     * io.sluice.run.RunNotSucceededException} unless the migration succeeded on every shard.
     */
    public Mono<RunGroup> beforeTheColumnIsRead() {
        return sluice.ensureSucceeded(FillEmailLower.NAME, Arguments.none());
    }
}
