package io.sluice;

import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.run.Run;
import io.sluice.worker.Worker;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The workers of all shards, between start and stop. */
final class Workforce {

    private static final Logger LOG = LoggerFactory.getLogger(Workforce.class);

    private final List<Worker> workers;
    private final AtomicReference<@Nullable Shift> shift = new AtomicReference<>();

    Workforce(List<Worker> workers) {
        this.workers = workers;
    }

    /** One start to its stop. */
    private record Shift(Sinks.One<StopReason> shutdown, Sinks.Empty<Void> over) {}

    /** Starts the workers; once started they go on by themselves. Starting what is started does nothing. */
    Mono<Void> start() {
        return Mono.fromRunnable(() -> {
            Shift begun = new Shift(Sinks.one(), Sinks.empty());
            if (shift.compareAndSet(null, begun)) {
                // the one place where the engine subscribes by itself: a worker's life is longer than any chain
                Flux.fromIterable(workers)
                        .flatMap(worker -> worker.work(begun.shutdown.asMono()), workers.size())
                        .subscribe(
                                run -> {},
                                error -> {
                                    LOG.error("workers ended by an error; start() again", error);
                                    shift.compareAndSet(begun, null);
                                    begun.over.tryEmitEmpty();
                                },
                                () -> {
                                    shift.compareAndSet(begun, null);
                                    begun.over.tryEmitEmpty();
                                });
            }
        });
    }

    /** Completes when every lease is handed back. Stopping what is not started does nothing. */
    Mono<Void> stop() {
        return Mono.defer(() -> {
            Shift ending = shift.get();
            if (ending == null) {
                return Mono.empty();
            }
            // whoever stops it a second time waits like the first
            ending.shutdown.tryEmitValue(StopReason.SHUTDOWN);
            return ending.over.asMono();
        });
    }

    /**
     * One tick of every worker: claims what is due and drives it to where it is left. Cancelling hands it back; a shard that fails
     * is told of at the end, when the others are done.
     */
    Flux<Run> once() {
        return Flux.fromIterable(workers).flatMapDelayError(worker -> worker.workOnce(Mono.never()), workers.size(), 1);
    }
}
