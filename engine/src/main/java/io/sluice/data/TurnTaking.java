package io.sluice.data;

import io.sluice.shard.Turn;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Takes the turns of a run in the budget of all shards, and tells the ledger while it waits for one: that is no trouble of the
 * database, so it is no throttling. All lanes of a run share one.
 */
final class TurnTaking {

    private static final Logger LOG = LoggerFactory.getLogger(TurnTaking.class);

    /** Who waits for less is not told of. */
    private static final Duration WORTH_TELLING = Duration.ofSeconds(1);

    /** It is over when no wait was worth telling for so long. */
    private static final long CALM = Duration.ofSeconds(5).toMillis();

    /** At the end of a turn, until other lanes have ended theirs. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);

    /** Where it is told. */
    @FunctionalInterface
    interface Teller {

        /** Tells what the run waits for; null: nothing any more. */
        Mono<Void> tell(@Nullable String reason);
    }

    private final Turn turn;
    private final Teller teller;
    private final LongConsumer waited;
    private final Scheduler scheduler;
    private final AtomicBoolean told = new AtomicBoolean();
    private final AtomicLong toldAt = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean begun;

    /** @param waited told of the ms of each wait */
    TurnTaking(Turn turn, Teller teller, LongConsumer waited, Scheduler scheduler) {
        this.turn = turn;
        this.teller = teller;
        this.waited = waited;
        this.scheduler = scheduler;
    }

    Turn turn() {
        return turn;
    }

    /** The call of a sub-batch, which is waited for when the turn is over. */
    <T> Mono<T> counted(Mono<T> call) {
        return Mono.defer(() -> {
            begun = true;
            inFlight.incrementAndGet();
            return call.doFinally(signal -> inFlight.decrementAndGet());
        });
    }

    /**
     * Completes at once while the turn is not over. Else, when no sub-batch of any lane is in flight, errors with {@link
     * ThrottledException}: to cut them short would be to do them again. A turn in which nothing was begun is not over either, or a
     * run might come to nothing for ever.
     *
     * @param rest what the run would still rest, in µs
     */
    Mono<Void> notOver(long rest) {
        if (!begun || !turn.isOver()) {
            return Mono.empty();
        }
        Mono<Void> ended = inFlight.get() == 0
                ? Mono.empty()
                : Mono.delay(LOOK_AGAIN, scheduler)
                        .repeat(() -> inFlight.get() > 0)
                        .then();
        return ended.then(Mono.error(() -> new ThrottledException(
                turn.whyOver(), Duration.ofMillis(TimeUnit.MICROSECONDS.toMillis(Math.max(0, rest))))));
    }

    /** Completes when it is the run's turn for a sub-batch, by the rate of all shards. Cancelling leaves it to the next. */
    Mono<Void> next() {
        return turn.isRated() ? Mono.defer(this::waitedFor) : Mono.empty();
    }

    private Mono<Void> waitedFor() {
        long began = now();
        Flux<Boolean> mine = turn.subBatch().thenReturn(true).flux();
        Flux<Boolean> telling = Mono.delay(WORTH_TELLING, scheduler)
                .then(Mono.defer(() -> begun(turn.whyWaiting())))
                .thenMany(Flux.never());
        return Flux.merge(mine, telling).next().then(Mono.defer(() -> {
            waited.accept(now() - began);
            return now() - toldAt.get() >= CALM && told.compareAndSet(true, false) ? tell(null) : Mono.empty();
        }));
    }

    private Mono<Void> begun(String reason) {
        toldAt.set(now());
        return told.compareAndSet(false, true) ? tell(reason) : Mono.empty();
    }

    /** Nobody's work fails because this cannot be told. */
    private Mono<Void> tell(@Nullable String reason) {
        return teller.tell(reason).onErrorResume(e -> {
            LOG.debug("that a run waits for its turn ({}) could not be told", reason, e);
            return Mono.empty();
        });
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
