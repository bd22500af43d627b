package io.sluice.worker;

import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.RunStore;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Keeps the lease of one run alive on connections other than the worker's, and hears what is asked of the run. It says LEASE_LOST
 * when somebody else has the run, and also when the database could not be asked for a whole term: then nobody can know.
 */
final class LeaseKeeper {

    private static final int RENEWALS_PER_TERM = 3;

    private final RunStore runs;
    private final Lease lease;
    private final Duration term;
    private final Duration beat;
    private final Scheduler scheduler;
    private final Flux<Boolean> hints;
    private final Runnable renewed;

    /**
     * Looks at each beat, and sooner where there is a hint.
     *
     * @param hints emits when something may have been asked; some may get lost
     * @param renewed told after each renewal
     */
    LeaseKeeper(
            RunStore runs,
            Lease lease,
            WorkerSettings settings,
            Scheduler scheduler,
            Flux<Boolean> hints,
            Runnable renewed) {
        this.runs = runs;
        this.lease = lease;
        this.term = settings.lease();
        this.beat = Duration.ofMillis(
                Math.min(settings.watch().toMillis(), settings.lease().toMillis() / (2 * RENEWALS_PER_TERM)));
        this.scheduler = scheduler;
        this.hints = hints;
        this.renewed = renewed;
    }

    /**
     * Emits at each look what is to be done: go on (empty), or stop. Completes after LEASE_LOST, never before. Cancelling ends
     * the renewals; the lease then lapses.
     */
    Flux<Optional<StopReason>> watch() {
        return Flux.defer(() -> {
            AtomicLong renewedAt = new AtomicLong(now());
            return Flux.merge(Flux.interval(beat, scheduler).map(tick -> true).onBackpressureDrop(), hints)
                    // what is asked during a look may be too late for it
                    .onBackpressureLatest()
                    .concatMap(hint -> look(renewedAt), 1)
                    .takeUntil(reason -> reason.equals(Optional.of(StopReason.LEASE_LOST)));
        });
    }

    private Mono<Optional<StopReason>> look(AtomicLong renewedAt) {
        long asked = now();
        boolean due = asked - renewedAt.get() >= term.toMillis() / RENEWALS_PER_TERM;
        Mono<RunStatus> status = due
                ? runs.renew(lease, term).doOnNext(it -> renewedAt.set(asked)).doOnNext(it -> renewed.run())
                : runs.watch(lease);
        return status.map(it -> it.isWorking() ? Optional.<StopReason>empty() : Optional.of(StopReason.ASKED))
                .defaultIfEmpty(Optional.of(StopReason.LEASE_LOST))
                .timeout(term.dividedBy(2), scheduler)
                .onErrorResume(error -> now() - renewedAt.get() < term.toMillis()
                        ? Mono.empty()
                        : Mono.just(Optional.of(StopReason.LEASE_LOST)));
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
