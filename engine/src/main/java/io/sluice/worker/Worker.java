package io.sluice.worker;

import io.sluice.event.RunObserver;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.RunWork;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.shard.Shard;
import io.sluice.shard.Turn;
import io.sluice.shard.Turns;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The worker of one shard. Each time it wakes it settles what others left behind, tells of runs that nobody announced, and looks
 * for what is due. Then it waits for its turn in the budget of all shards, claims one run, and drives it. Runs are driven beside
 * each other, as many as the ledger and the budget give out.
 */
public final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    /** Slots are counted by the claim itself; this only bounds what one instance could ever hold. */
    private static final int MOST_HELD = 128;

    private static final Duration FIRST_HOUSEKEEPING = Duration.ofMinutes(5);

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);

    /** A connection that is wanted again sooner is not worth closing. */
    private static final Duration WORTH_CLOSING = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final List<RunWork> works;
    private final RunDriver driver;
    private final WorkerSettings settings;
    private final Retention retention;
    private final String owner;
    private final Scheduler scheduler;
    private final WakeUps wakeUps;
    private final Turns turns;
    private final Census census;
    private final Set<RunKind> waiting = ConcurrentHashMap.newKeySet();
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
            Turns turns,
            String owner,
            Scheduler scheduler,
            RandomGenerator random) {
        this.ledger = ledger;
        this.works = List.copyOf(works);
        this.driver = driver;
        this.census = new Census(ledger, observer, scheduler);
        this.settings = settings;
        this.retention = retention;
        this.turns = turns;
        this.owner = owner;
        this.scheduler = scheduler;
        this.wakeUps = new WakeUps(
                shard.name(), listens ? shard.direct() : null, ledger.name(), settings.idlePoll(), scheduler, random);
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
        Flux<Run> driven = wakeUps.signals()
                .takeUntilOther(shutdown)
                .concatMap(signal -> look(shutdown).onErrorResume(this::troubled), 1)
                .filter(due -> waiting.add(due.kind()))
                .flatMap(
                        due -> inTurn(due, true, shutdown, () -> waiting.remove(due.kind()))
                                .onErrorResume(this::troubled),
                        MOST_HELD,
                        1);
        Mono<Run> housekeeping = Flux.interval(FIRST_HOUSEKEEPING, HOUSEKEEPING, scheduler)
                .onBackpressureDrop()
                .takeUntilOther(shutdown)
                .concatMap(tick -> keepHouse(shutdown, catchUp().takeUntilOther(shutdown)), 1)
                .then(Mono.empty());
        return Flux.merge(driven, housekeeping);
    }

    /**
     * Claims what is due now, as much as there are slots, and drives it to where it is left, for nobody would go on with a run
     * whose turn is over; completes when nothing of that is under way any more.
     */
    public Flux<Run> workOnce(Mono<StopReason> shutdown) {
        return look(shutdown)
                .flatMap(
                        due -> Flux.range(0, slots(due))
                                .flatMap(slot -> inTurn(due, false, shutdown, () -> {}), slots(due)),
                        MOST_HELD,
                        1)
                .concatWith(Mono.defer(() -> keepHouse(shutdown, Mono.empty()).then(Mono.empty())));
    }

    /** Emits which works have something due. */
    private Flux<RunWork> look(Mono<StopReason> shutdown) {
        return turns.looking(
                shard(),
                shutdown,
                () -> tick().collectList()
                        .delayUntil(due -> due.isEmpty() || turns.areTaken() ? rested() : Mono.empty())
                        .flatMapIterable(due -> due));
    }

    private Flux<RunWork> tick() {
        return ledger.schema()
                .check()
                .then(settleLapsed())
                .then(Flux.fromIterable(works).concatMap(RunWork::owed).then())
                .then(ledger.runs().announceAll())
                .then(reportUnknown())
                .then(census.taken())
                .thenMany(Flux.fromIterable(works))
                .filterWhen(work -> ledger.runs().isDue(work.kind(), work.names(), slots(work)))
                .delayUntil(due -> turns.areTaken()
                        ? ledger.runs().waiting(due.kind(), due.names(), turns.whyWaiting())
                        : Mono.empty())
                .doOnComplete(this::untroubled);
    }

    /** @param come told when it waits no longer, however that came */
    private Flux<Run> inTurn(RunWork work, boolean yields, Mono<StopReason> shutdown, Runnable come) {
        return turns.atWork(
                shard(),
                yields,
                shutdown,
                come,
                turn -> Flux.usingWhen(Mono.just(turn), mine -> claimed(work, mine, shutdown), mine -> rested()));
    }

    private int slots(RunWork work) {
        return work.kind() == RunKind.SCHEMA ? settings.schemaRuns() : settings.dataRuns();
    }

    private Flux<Run> claim(RunWork work) {
        return work.kind() == RunKind.SCHEMA
                ? ledger.runs().claimSchema(owner, work.names(), slots(work), settings.lease())
                : ledger.runs().claim(work.kind(), owner, work.names(), slots(work), settings.lease());
    }

    private Flux<Run> claimed(RunWork work, Turn turn, Mono<StopReason> shutdown) {
        return claim(work)
                .doOnNext(run -> LOG.info("run {} of '{}': {} here", run.id(), run.name(), run.status()))
                .index()
                // there may be slots left for others that are due; and a second run has no turn, which is rare
                .flatMap(
                        it -> it.getT1() == 0
                                ? drive(it.getT2(), work, shutdown, turn).doOnSubscribe(begun -> wakeForMore(work))
                                : driver.settle(it.getT2(), Optional.of(work)),
                        2);
    }

    private void wakeForMore(RunWork work) {
        if (slots(work) > 1) {
            wake();
        }
    }

    /** Nothing stays open on a shard that has nothing to do, where it is looked at seldom. */
    private Mono<Void> rested() {
        return rested(settings.idlePoll());
    }

    /**
     * Closes what is open on the shard if no run of it is in hand.
     *
     * @param nextLook when it is looked at again: what is wanted again soon is not worth closing
     */
    public Mono<Void> rested(Duration nextLook) {
        return Mono.defer(() -> driver.isIdle() && nextLook.compareTo(WORTH_CLOSING) >= 0
                ? ledger.connections().rest()
                : Mono.empty());
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

    private Mono<Run> drive(Run run, RunWork work, Mono<StopReason> shutdown, Turn turn) {
        return driver.drive(run, work, shutdown, turn, wakeUps.hints())
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

    /** @param more what else is due then */
    private Mono<Void> keepHouse(Mono<StopReason> shutdown, Mono<Void> more) {
        return turns.keepingHouse(
                        shard(),
                        shutdown,
                        () -> ledger.batches()
                                .foldOlderThan(retention.batches())
                                .then(ledger.journal().forgetOlderThan(retention.events()))
                                .then()
                                .onErrorResume(
                                        error -> this.<Void>troubled(error).then())
                                .then(more)
                                .then(rested()))
                .then();
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
