package io.sluice.worker;

import io.sluice.event.RunObserver;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.Outcome;
import io.sluice.ledger.RunStore.Release;
import io.sluice.ledger.RunWork;
import io.sluice.run.Ending;
import io.sluice.run.Failure;
import io.sluice.run.RetryPolicy;
import io.sluice.run.Run;
import io.sluice.shard.Turn;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** Drives one claimed run until its holder lets go of it, and writes down how that came. */
public final class RunDriver {

    private static final Logger LOG = LoggerFactory.getLogger(RunDriver.class);

    private final Ledger ledger;
    private final WorkerSettings settings;
    private final RetryPolicy attempts;
    private final FailureReport failures;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final RunObserver observer;
    private final RunsInHand inHand = new RunsInHand();

    public RunDriver(
            Ledger ledger,
            WorkerSettings settings,
            RetryPolicy attempts,
            FailureReport failures,
            RunObserver observer,
            Scheduler scheduler,
            RandomGenerator random) {
        this.ledger = ledger;
        this.settings = settings;
        this.attempts = attempts;
        this.failures = failures;
        this.observer = observer;
        this.scheduler = scheduler;
        this.random = random;
    }

    /**
     * Works on the run while its lease is kept alive beside it.
     *
     * @param shutdown emits when this holder must let go; may never do
     * @param turn what it may take of the budget of all shards
     * @param hints emits when something may have been asked of the run, so that it need not wait for the next beat; may never do
     * @return the run as it was left; its failure is in the row, not an error here. Cancelling hands the run back.
     */
    public Mono<Run> drive(Run run, RunWork work, Mono<StopReason> shutdown, Turn turn, Flux<Boolean> hints) {
        Lease lease = leaseOf(run);
        return Mono.usingWhen(
                Mono.fromSupplier(() -> {
                    inHand.take();
                    observer.claimed(run);
                    return lease;
                }),
                held -> kept(run, held, work, shutdown, turn, hints).delayUntil(work::left),
                held -> letGo(),
                (held, error) -> letGo(),
                held -> handBack(held, work).then().doFinally(signal -> inHand.letGo()));
    }

    /** Completes when no run is in hand any more, those included whose drive was cancelled and which are handed back. */
    public Mono<Void> idle() {
        return inHand.none();
    }

    /** True while no run is in hand. */
    boolean isIdle() {
        return inHand.isEmpty();
    }

    private Mono<Void> letGo() {
        return Mono.fromRunnable(inHand::letGo);
    }

    /** Settles a run whose lease lapsed and was taken over: fence first, then the status. */
    Mono<Run> settle(Run run, Optional<RunWork> work) {
        Lease lease = leaseOf(run);
        return work.map(it -> fenced(lease, it, Duration.ZERO))
                .orElse(Mono.empty())
                .then(Mono.defer(() -> release(lease, Release.of(Ending.HAND_BACK))))
                .delayUntil(settled -> work.map(it -> it.left(settled)).orElse(Mono.empty()));
    }

    private Mono<Run> kept(
            Run run, Lease lease, RunWork work, Mono<StopReason> shutdown, Turn turn, Flux<Boolean> hints) {
        Sinks.Many<Optional<StopReason>> heard = Sinks.many().replay().latest();
        Mono<StopReason> asked =
                heard.asFlux().filter(Optional::isPresent).map(Optional::get).next();
        HeldRun held = new HeldRun(run, lease, Mono.firstWithValue(asked, shutdown), shutdown, turn);
        Mono<Run> keeping = new LeaseKeeper(
                        ledger.runs(), lease, settings, scheduler, hints, () -> observer.leaseRenewed(run))
                .watch()
                .doOnNext(heard::tryEmitNext)
                .then(Mono.never());
        return Flux.merge(driven(held, work, heard), keeping).next();
    }

    private Mono<Run> driven(HeldRun held, RunWork work, Sinks.Many<Optional<StopReason>> heard) {
        return work.work(held)
                .flatMap(outcome -> isAsked(outcome) ? stopped(held, work, heard) : ended(held, work, outcome));
    }

    /** The guard refuses a sub-batch for the same reasons as those for which one is told to stop. */
    private static boolean isAsked(Outcome outcome) {
        return outcome instanceof Outcome.Refused
                || (outcome instanceof Outcome.Stopped stopped && stopped.reason() == StopReason.ASKED);
    }

    /** Every way in which work can end has its own line. */
    private Mono<Run> ended(HeldRun held, RunWork work, Outcome outcome) {
        Lease lease = held.lease();
        if (outcome instanceof Outcome.Completed) {
            return let(held, Release.of(Ending.SUCCESS));
        }
        if (outcome instanceof Outcome.Throttled throttled) {
            return let(held, new Release(Ending.HAND_BACK, 0, throttled.askAgain(), throttled.reason(), null));
        }
        if (outcome instanceof Outcome.Failed failed) {
            return release(lease, failure(held.run(), failed))
                    .delayUntil(run -> observer.failed(run, failed.error()))
                    .switchIfEmpty(lost(held));
        }
        if (outcome instanceof Outcome.Stopped stopped && stopped.reason() == StopReason.LEASE_LOST) {
            return lost(held);
        }
        return handBack(lease, work).switchIfEmpty(lost(held));
    }

    /** Nothing is in flight behind the fence, so what was asked can become a fact. */
    private Mono<Run> stopped(HeldRun held, RunWork work, Sinks.Many<Optional<StopReason>> heard) {
        return fenced(held.lease(), work, settings.watch())
                .then(Mono.defer(() -> release(held.lease(), Release.of(Ending.STOP))))
                .switchIfEmpty(Mono.defer(() -> changedTheirMind(held, work, heard)));
    }

    /** Nobody wants it stopped any more, or it is not ours any more. */
    private Mono<Run> changedTheirMind(HeldRun held, RunWork work, Sinks.Many<Optional<StopReason>> heard) {
        return ledger.runs()
                .watch(held.lease())
                .doOnNext(status -> heard.tryEmitNext(Optional.empty()))
                .flatMap(status -> driven(held, work, heard))
                .switchIfEmpty(lost(held));
    }

    private Release failure(Run run, Outcome.Failed failed) {
        Failure failure = failures.of(failed.error());
        int before = failed.progressed() ? 0 : run.attempts().spent();
        int spent = before + 1;
        boolean exhausted = failed.isFinal() || spent >= run.attempts().max();
        Duration next = exhausted ? null : attempts.delayAfter(spent, random);
        LOG.warn(
                "run {} of '{}': attempt {} of {} failed: {}",
                run.id(),
                run.name(),
                spent,
                run.attempts().max(),
                failure.summary());
        return new Release(
                exhausted ? Ending.FAILURE : Ending.ERROR,
                spent - run.attempts().spent(),
                next,
                null,
                failure);
    }

    private Mono<Run> handBack(Lease lease, RunWork work) {
        return fenced(lease, work, settings.watch())
                .then(Mono.defer(() -> release(lease, Release.of(Ending.HAND_BACK))));
    }

    /** A stranger who holds a lane is not evicted; then the lease lapses, and whoever takes the run over tries again. */
    private Mono<Void> fenced(Lease lease, RunWork work, Duration patience) {
        return work.fence(lease, patience)
                .timeout(settings.lease().plus(patience), scheduler)
                .onErrorResume(LeaseLostException.class, e -> Mono.empty());
    }

    private Mono<Run> let(HeldRun held, Release release) {
        return release(held.lease(), release).switchIfEmpty(lost(held));
    }

    private Mono<Run> lost(HeldRun held) {
        return Mono.defer(() -> {
            observer.leaseLost(held.run());
            LOG.info(
                    "run {} of '{}': the lease is lost, another worker has it",
                    held.run().id(),
                    held.run().name());
            return ledger.runs().find(held.run().id().number());
        });
    }

    /** Letting go matters, so it is tried until the lease would lapse by itself. */
    private Mono<Run> release(Lease lease, Release release) {
        return ledger.runs()
                .release(lease, release)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100))
                        .maxBackoff(Duration.ofSeconds(2))
                        .scheduler(scheduler)
                        .filter(error -> SqlFault.of(error).isTransient()))
                .timeout(settings.lease(), scheduler)
                .doOnNext(observer::statusChanged)
                .doOnNext(it -> LOG.info("run {} of '{}': {}", it.id(), it.name(), it.status()));
    }

    private static Lease leaseOf(Run run) {
        Run.Holder holder = Objects.requireNonNull(run.lease(), "a claimed run has a lease");
        return new Lease(run.id(), holder.token(), holder.owner());
    }
}
