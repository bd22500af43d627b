package io.sluice.worker;

import io.sluice.event.RunObserver;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.RunWork;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.shard.Shard;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The worker of one shard. Each time it wakes it settles what others left behind, tells of runs that nobody announced, and
 * claims what is due; claimed runs are driven beside each other, as many as the ledger gives out.
 */
public final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    /** Slots are counted by the claim itself; this only bounds what one instance could ever hold. */
    private static final int MOST_HELD = 128;

    private static final Duration FIRST_HOUSEKEEPING = Duration.ofMinutes(5);

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);

    private final Ledger ledger;
    private final List<RunWork> works;
    private final RunDriver driver;
    private final WorkerSettings settings;
    private final Retention retention;
    private final String owner;
    private final Scheduler scheduler;
    private final WakeUps wakeUps;
    private final Census census;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();
    private final AtomicReference<String> trouble = new AtomicReference<>("");

    public Worker(
            Shard shard,
            Ledger ledger,
            List<RunWork> works,
            RunDriver driver,
            RunObserver observer,
            WorkerSettings settings,
            Retention retention,
            boolean listens,
            String owner,
            Scheduler scheduler) {
        this.ledger = ledger;
        this.works = List.copyOf(works);
        this.driver = driver;
        this.census = new Census(ledger, observer, scheduler);
        this.settings = settings;
        this.retention = retention;
        this.owner = owner;
        this.scheduler = scheduler;
        this.wakeUps = new WakeUps(
                shard.name(), listens ? shard.direct() : null, ledger.name(), settings.idlePoll(), scheduler);
    }

    public String shard() {
        return ledger.shard();
    }

    /** Has it look for work soon. */
    public void wake() {
        wakeUps.wake();
    }

    /**
     * Emits when the journal of the shard notifies, while this worker works and listens; a hint that may get lost, so look now
     * and then anyway. Never completes.
     */
    public Flux<Boolean> notifications() {
        return wakeUps.notified();
    }

    /**
     * Works until it is told to stop, whatever happens to the database meanwhile.
     *
     * @param shutdown emits when it must stop; what it holds is then handed back before this completes
     * @return runs as they were left
     */
    public Flux<Run> work(Mono<StopReason> shutdown) {
        Flux<Run> claimed =
                wakeUps.signals().takeUntilOther(shutdown).concatMap(signal -> tick().onErrorResume(this::troubled), 1);
        Mono<Run> housekeeping = Flux.interval(FIRST_HOUSEKEEPING, HOUSEKEEPING, scheduler)
                .onBackpressureDrop()
                .takeUntilOther(shutdown)
                .concatMap(tick -> keepHouse().then(catchUp().takeUntilOther(shutdown)), 1)
                .then(Mono.empty());
        return Flux.merge(claimed.flatMap(run -> drive(run, shutdown), MOST_HELD, 1), housekeeping);
    }

    /** Claims what is due now and drives it to where it is left; completes when nothing of that is under way any more. */
    public Flux<Run> workOnce(Mono<StopReason> shutdown) {
        return tick().flatMap(run -> drive(run, shutdown), MOST_HELD, 1)
                .concatWith(Mono.defer(() -> keepHouse().then(Mono.empty())));
    }

    private Flux<Run> tick() {
        return ledger.schema()
                .check()
                .then(settleLapsed())
                .then(ledger.runs().announceAll())
                .then(reportUnknown())
                .then(census.taken())
                .thenMany(Flux.fromIterable(works))
                .concatMap(this::claim)
                .doOnNext(run -> LOG.info("run {} of '{}': {} here", run.id(), run.name(), run.status()))
                .doOnComplete(this::untroubled);
    }

    private Flux<Run> claim(RunWork work) {
        return work.kind() == RunKind.SCHEMA
                ? ledger.runs().claimSchema(owner, work.names(), settings.schemaRuns(), settings.lease())
                : ledger.runs().claim(work.kind(), owner, work.names(), settings.dataRuns(), settings.lease());
    }

    /** Settles the lease of a run if it has lapsed, so that it can be asked for something; completes also if it has not. */
    public Mono<Void> settleLapsed(long run) {
        return ledger.runs()
                .takeLapsed(owner, settings.lease(), run)
                .flatMap(lapsed -> driver.settle(lapsed, workOf(lapsed)))
                .then();
    }

    private Mono<Void> settleLapsed() {
        return settleOne().expand(settled -> settleOne()).then();
    }

    /** One that cannot be settled just now has a new lease, which lapses too; it must not keep others waiting. */
    private Mono<Run> settleOne() {
        return ledger.runs()
                .takeLapsed(owner, settings.lease())
                .flatMap(run -> driver.settle(run, workOf(run))
                        .onErrorResume(error -> {
                            LOG.warn(
                                    "run {} of '{}': its lapsed lease could not be settled ({}), later again",
                                    run.id(),
                                    run.name(),
                                    error.getMessage());
                            return Mono.empty();
                        })
                        .thenReturn(run));
    }

    private Mono<Void> reportUnknown() {
        return Flux.fromIterable(works)
                .concatMap(work -> work.kind() == RunKind.SCHEMA
                        ? ledger.runs().unknownOperations(work.names())
                        : ledger.runs().unknownNames(work.kind(), work.names()))
                .filter(reported::add)
                .doOnNext(name -> LOG.warn(
                        "shard {}: migration '{}' is enqueued but not declared here; it waits for an instance that knows it",
                        shard(),
                        name))
                .then();
    }

    private Mono<Run> drive(Run run, Mono<StopReason> shutdown) {
        return workOf(run)
                .map(work -> driver.drive(run, work, shutdown))
                .orElse(Mono.empty())
                .onErrorResume(error -> {
                    LOG.warn(
                            "run {} of '{}': the ledger could not be told how it ended ({}), its lease will lapse",
                            run.id(),
                            run.name(),
                            error.getMessage());
                    LOG.debug("run {}", run.id(), error);
                    return Mono.empty();
                })
                .doFinally(signal -> wake());
    }

    private Optional<RunWork> workOf(Run run) {
        return works.stream().filter(work -> work.kind() == run.kind()).findFirst();
    }

    /** What was due after a run was left, by who is gone now. */
    private Mono<Void> catchUp() {
        return Flux.fromIterable(works)
                .concatMap(work -> ledger.runs()
                        .list()
                        .filter(work::knows)
                        // the connection goes back first: what follows may take its time
                        .collectList()
                        .flatMapIterable(runs -> runs)
                        .concatMap(work::left))
                .then()
                .onErrorResume(error -> this.<Void>troubled(error).then());
    }

    private Mono<Void> keepHouse() {
        return ledger.batches()
                .foldOlderThan(retention.batches())
                .then(ledger.journal().forgetOlderThan(retention.events()))
                .then()
                .onErrorResume(error -> this.<Void>troubled(error).then());
    }

    /** A database that is down is told of once, not at every look. */
    private <T> Flux<T> troubled(Throwable error) {
        String now = error.getClass().getName() + error.getMessage();
        if (!now.equals(trouble.getAndSet(now))) {
            LOG.warn(
                    "shard {}: no work can be claimed, looking again every {}: {}",
                    shard(),
                    settings.idlePoll(),
                    error.getMessage());
            LOG.debug("shard {}", shard(), error);
        }
        return Flux.empty();
    }

    private void untroubled() {
        if (!trouble.getAndSet("").isEmpty()) {
            LOG.info("shard {}: claims work again", shard());
        }
    }
}
