package io.sluice.worker;

import io.sluice.event.RunObserver;
import io.sluice.ledger.Ledger;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Counts now and then where the runs of a shard stand, for who wants to know, so that a scrape of metrics costs no query. */
final class Census {

    private static final long EVERY = Duration.ofSeconds(5).toMillis();

    private final Ledger ledger;
    private final RunObserver observer;
    private final Scheduler scheduler;
    private final AtomicLong due = new AtomicLong(Long.MIN_VALUE);

    Census(Ledger ledger, RunObserver observer, Scheduler scheduler) {
        this.ledger = ledger;
        this.observer = observer;
        this.scheduler = scheduler;
    }

    /** Completes when they are counted and told; at once where nobody wants to know, or knows. */
    Mono<Void> taken() {
        return Mono.defer(() -> {
            long now = scheduler.now(TimeUnit.MILLISECONDS);
            if (!observer.wantsStandings() || now < due.get()) {
                return Mono.empty();
            }
            due.set(now + EVERY);
            return ledger.runs()
                    .standings()
                    .collectList()
                    .doOnNext(standings -> observer.standings(ledger.shard(), standings))
                    .then();
        });
    }
}
