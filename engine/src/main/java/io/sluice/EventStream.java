package io.sluice;

import io.sluice.event.SluiceEvent;
import io.sluice.event.SubBatchSamples;
import io.sluice.ledger.EventJournal;
import io.sluice.ledger.LedgerException;
import io.sluice.sql.SqlFault;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * The journal of a shard as a stream without an end. Each subscriber has a place of its own in the journal and reads on from
 * there as it requests, so a slow one costs nothing and misses nothing that is still kept. What this instance does beside that
 * is mixed in, as far as there is demand for it.
 */
final class EventStream {

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final int AT_ONCE = 100;

    private final SubBatchSamples samples;
    private final Clock clock;
    private final Scheduler scheduler;

    EventStream(SubBatchSamples samples, Clock clock, Scheduler scheduler) {
        this.samples = samples;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** Emits what happens from the moment of subscription on, or from when the ledger can be used; never completes. */
    Flux<SluiceEvent> fromNow(ShardOffice office) {
        EventJournal journal = office.ledger().journal();
        return patient(office.looked(office.ready().then(Mono.defer(journal::lastNumber))))
                .flatMapMany(last -> reading(office, last));
    }

    /**
     * Emits what happened after an event, in order, and then what happens; silent while the database is away or has no ledger that can
     * be used. Never completes.
     */
    Flux<SluiceEvent> after(ShardOffice office, long number) {
        return patient(office.ready()).thenMany(reading(office, number));
    }

    /** As {@link #after}, but only what is journalled. */
    Flux<SluiceEvent> journalAfter(ShardOffice office, long number) {
        return patient(office.ready()).thenMany(journalled(office, number));
    }

    /** One shard that is not there yet must not end the events of the others. */
    private <T> Mono<T> patient(Mono<T> first) {
        return first.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK)
                .scheduler(scheduler)
                .filter(error -> passes(error) || error instanceof LedgerException));
    }

    private Flux<SluiceEvent> reading(ShardOffice office, long number) {
        return Flux.defer(() -> {
            AtomicLong told = new AtomicLong(number);
            Flux<SluiceEvent> beside = samples.ofShard(office.name()).map(it -> done(it, told.get()));
            return Flux.merge(journalled(office, number), beside).map(event -> inPlace(event, told));
        });
    }

    private Flux<SluiceEvent> journalled(ShardOffice office, long number) {
        AtomicLong last = new AtomicLong(number);
        return Flux.defer(() ->
                        office.looked(office.tail().after(last.get(), AT_ONCE).collectList()))
                // the connection goes back first: how fast the subscriber reads is its own affair
                .flatMapIterable(events -> events)
                .onErrorResume(
                        EventStream::passes, e -> Mono.delay(LOOK, scheduler).thenMany(Flux.empty()))
                .doOnNext(event -> last.set(event.origin().number()))
                .repeatWhen(rounds -> rounds.concatMap(
                        emitted -> emitted >= AT_ONCE
                                ? Mono.just(true)
                                : office.tail().beyond(last.get()).thenReturn(true),
                        1));
    }

    /** Where the stream stands shows only here: what is before it may be read ahead. */
    private static SluiceEvent inPlace(SluiceEvent event, AtomicLong told) {
        if (event instanceof SluiceEvent.SubBatchDone done) {
            SluiceEvent.Origin origin = done.origin();
            return new SluiceEvent.SubBatchDone(
                    new SluiceEvent.Origin(origin.run(), told.get(), origin.at(), origin.migration()),
                    done.subBatches(),
                    done.rowsSeen(),
                    done.rowsChanged(),
                    done.took());
        }
        told.set(event.origin().number());
        return event;
    }

    private SluiceEvent done(SubBatchSamples.Sample sample, long number) {
        return new SluiceEvent.SubBatchDone(
                new SluiceEvent.Origin(
                        sample.run().id(), number, clock.instant(), sample.run().name()),
                sample.subBatches(),
                sample.rowsSeen(),
                sample.rowsChanged(),
                sample.took());
    }

    private static boolean passes(Throwable error) {
        return SqlFault.of(error).isTransient();
    }
}
