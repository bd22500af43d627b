package io.sluice.worker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * How many runs are driven or being handed back. A cancelled subscriber hears nothing of the hand-back that it caused, and the
 * connections must not be closed under it.
 */
final class RunsInHand {

    private static final Duration CONTENDED = Duration.ofMillis(50);

    private final AtomicInteger count = new AtomicInteger();
    private final Sinks.Many<Boolean> changes = Sinks.many().replay().latestOrDefault(true);

    void take() {
        count.incrementAndGet();
    }

    void letGo() {
        count.decrementAndGet();
        changes.emitNext(true, Sinks.EmitFailureHandler.busyLooping(CONTENDED));
    }

    boolean isEmpty() {
        return count.get() == 0;
    }

    /** Completes when there is none, at once where that is so. */
    Mono<Void> none() {
        return changes.asFlux().filter(change -> isEmpty()).next().then();
    }
}
