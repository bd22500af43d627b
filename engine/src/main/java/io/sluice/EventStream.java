package io.sluice;

import io.sluice.event.SluiceEvent;
import io.sluice.ledger.EventJournal;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * The journal of a shard as a stream without an end. Each subscriber has a place of its own in the journal and reads on from
 * there as it requests, so a slow one costs nothing and misses nothing that is still kept.
 */
final class EventStream {

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final int AT_ONCE = 500;

    private final Scheduler scheduler;

    EventStream(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /**
     * Emits what happens from the moment of subscription on, or from when the database can be reached; never completes.
     *
     * @param ready completes when the ledger can be used
     */
    Flux<SluiceEvent> fromNow(Mono<Void> ready, EventJournal journal) {
        return ready.then(Mono.defer(journal::lastNumber))
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK)
                        .scheduler(scheduler)
                        .filter(EventStream::passes))
                .flatMapMany(last -> after(journal, last));
    }

    /** Emits what happened after an event, in order, and then what happens; silent while the database is away. Never completes. */
    Flux<SluiceEvent> after(EventJournal journal, long number) {
        return Flux.defer(() -> {
            AtomicLong last = new AtomicLong(number);
            return Flux.defer(() -> journal.after(last.get(), AT_ONCE))
                    .onErrorResume(EventStream::passes, e -> Flux.empty())
                    .doOnNext(event -> last.set(event.origin().number()))
                    .repeatWhen(rounds -> rounds.concatMap(
                            emitted -> emitted == AT_ONCE ? Mono.just(0L) : Mono.delay(LOOK, scheduler), 1));
        });
    }

    private static boolean passes(Throwable error) {
        return SqlFault.of(error).isTransient();
    }
}
