package io.sluice;

import io.sluice.event.SluiceEvent;
import io.sluice.ledger.EventJournal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

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

    /** Emits what happens from the moment of subscription on; never completes. */
    Flux<SluiceEvent> fromNow(EventJournal journal) {
        return journal.lastNumber().flatMapMany(last -> after(journal, last));
    }

    /** Emits what happened after an event, in order, and then what happens; never completes. */
    Flux<SluiceEvent> after(EventJournal journal, long number) {
        return Flux.defer(() -> {
            AtomicLong last = new AtomicLong(number);
            return Flux.defer(() -> journal.after(last.get(), AT_ONCE))
                    .doOnNext(event -> last.set(event.origin().number()))
                    .repeatWhen(rounds -> rounds.concatMap(
                            emitted -> emitted == AT_ONCE ? Mono.just(0L) : Mono.delay(LOOK, scheduler), 1));
        });
    }
}
