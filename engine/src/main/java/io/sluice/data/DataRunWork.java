package io.sluice.data;

import io.sluice.ledger.DataRun;
import io.sluice.ledger.DataRunStore.Pass;
import io.sluice.ledger.DataRunStore.Preparation;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.LaneRange;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Outcome;
import io.sluice.ledger.RunWork;
import io.sluice.run.BatchSettings;
import io.sluice.run.RowTotal;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.SluiceException;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The work of a data run: it is held against the database and written down, then {@link Passes} are made over its keys. */
public final class DataRunWork implements RunWork {

    private final DataRunContext context;

    public DataRunWork(DataRunContext context) {
        this.context = context;
    }

    @Override
    public RunKind kind() {
        return RunKind.DATA;
    }

    @Override
    public Set<String> names() {
        return context.migrations().keySet();
    }

    @Override
    public Mono<Void> fence(Lease lease, Duration patience) {
        return context.ledger().lanes().fence(lease, patience);
    }

    /** Whichever is first: the end of the work, or the reason to stop, which cancels it. */
    @Override
    public Mono<Outcome> work(HeldRun held) {
        Mono<Outcome> end = Mono.usingWhen(
                        prepare(held),
                        prepared -> context.callbacksOf(held.run())
                                .claimed(held.run())
                                .then(worked(held, prepared)),
                        this::uninstall,
                        (prepared, error) -> uninstall(prepared),
                        this::uninstall)
                .onErrorResume(error -> Mono.just(outcomeOf(error, false)));
        return Mono.firstWithSignal(end, held.stop().map(Outcome.Stopped::new));
    }

    @Override
    public Mono<Void> left(Run run) {
        return context.callbacksOf(run).left(run);
    }

    private Mono<Outcome> worked(HeldRun held, Prepared prepared) {
        AtomicBoolean progressed = new AtomicBoolean();
        return subBatches(held, prepared)
                .doOnNext(it -> progressed.compareAndSet(false, it.seen() > 0))
                .last(SubBatch.NOTHING_LEFT)
                .<Outcome>map(last ->
                        last.state() == SubBatch.State.REFUSED ? new Outcome.Refused() : new Outcome.Completed())
                .onErrorResume(error -> Mono.just(outcomeOf(error, progressed.get())))
                .delayUntil(outcome -> isTheEnd(outcome) ? prepared.throttling().end() : Mono.empty());
    }

    private static boolean isTheEnd(Outcome outcome) {
        return outcome instanceof Outcome.Completed || (outcome instanceof Outcome.Failed failed && failed.isFinal());
    }

    /** What one run is about to do. */
    record Prepared(PreparedWork work, Pass pass, BatchSettings settings, Throttling throttling) {}

    /** Everything is found out and written down before the first row is touched. */
    Mono<Prepared> prepare(HeldRun held) {
        return Mono.defer(() -> {
            DataMigration migration = Optional.ofNullable(
                            context.migrations().get(held.run().name()))
                    .orElseThrow(() ->
                            new DefinitionException("migration '" + held.run().name() + "' is not declared here"));
            Work work = migration.work(held.run().arguments());
            return context.ledger()
                    .dataRuns()
                    .find(held.run().id().number(), migration.settings())
                    .flatMap(run -> prepared(held, work, run).flatMap(it -> written(held, run, it)));
        });
    }

    private Mono<PreparedWork> prepared(HeldRun held, Work work, DataRun run) {
        WorkCheck check = new WorkCheck(context.ledger().name());
        return context.ledger()
                .connections()
                .transaction(connection -> LockLimit.set(connection)
                        .then(Mono.defer(() -> check.stated(connection, work)))
                        .flatMap(stated -> check.check(connection, stated, run.bounds())
                                .<PreparedWork>map(keys ->
                                        new PreparedTable(context, held, keys, run.bounds(), run.settings(), stated))
                                .switchIfEmpty(Mono.fromSupplier(() ->
                                        new PreparedItems<>(context, held, oneLane(run), (Work.ItemWork<?>) stated)))))
                .doOnNext(it -> requireUnchanged(held, run, it));
    }

    /** Only keys can be divided. */
    private static BatchSettings oneLane(DataRun run) {
        if (run.settings().lanes() > 1) {
            throw new DefinitionException("a source of items has one lane, and "
                    + run.settings().lanes() + " were set; set lanes to 1, then retry the run");
        }
        return run.settings();
    }

    /** A cursor of another key would be nonsense: whoever changed the key in the middle must begin anew. */
    private static void requireUnchanged(HeldRun held, DataRun run, PreparedWork work) {
        DataRun.Walked before = run.walked();
        if (before != null && !before.equals(work.walked())) {
            throw new DefinitionException("run " + held.run().id() + " began to walk " + before
                    + " and would go on with " + work.walked() + "; cancel it and enqueue it again()");
        }
    }

    private Mono<Prepared> written(HeldRun held, DataRun run, PreparedWork work) {
        Pass pass = new Pass(run.pass(), run.phase(), 0);
        return preparation(run, work)
                .flatMap(it -> context.ledger().dataRuns().prepare(held.lease(), it))
                .then(Mono.defer(() -> Passes.installed(context, work, pass.phase())))
                .thenReturn(new Prepared(work, pass, run.settings(), throttling(held, run)));
    }

    private Throttling throttling(HeldRun held, DataRun run) {
        return new Throttling(
                (reason, lost) -> context.ledger()
                        .dataRuns()
                        .throttled(held.lease(), reason, lost.values().stream().reduce(Duration.ZERO, Duration::plus))
                        .doOnSuccess(told -> lost.forEach(
                                (source, time) -> context.observer().throttled(held.run(), source, time))),
                run.throttled(),
                context.scheduler());
    }

    /** How much there is to walk, and in which lanes, is found out by the first claim only. */
    private static Mono<Preparation> preparation(DataRun run, PreparedWork work) {
        return run.walked() != null
                ? Mono.just(preparation(run, work, run.total(), List.of()))
                : work.total().zipWhen(total -> work.ranges(), (total, lanes) -> preparation(run, work, total, lanes));
    }

    private static Preparation preparation(DataRun run, PreparedWork work, RowTotal total, List<LaneRange> lanes) {
        return new Preparation(run.settings(), work.walked(), work.bindings(), total, lanes);
    }

    /** One value per sub-batch; demand is the pace. The last one says why the stream ended. */
    Flux<SubBatch> subBatches(HeldRun held, Prepared prepared) {
        return new Passes(context, held, prepared.work(), prepared.settings(), prepared.throttling(), turnTaking(held))
                .from(prepared.pass());
    }

    private TurnTaking turnTaking(HeldRun held) {
        return new TurnTaking(
                held.turn(),
                reason -> context.ledger().runs().waiting(held.lease(), reason),
                millis -> context.observer().waited(held.run(), Duration.ofMillis(millis)),
                context.scheduler());
    }

    /**
     * The time that a throttle cost is told, however the work was left. What could not be dropped is dropped by the next holder; its
     * name is of this lease, so it is in nobody's way.
     */
    private Mono<Void> uninstall(Prepared prepared) {
        Mono<Void> dropped = context.ledger()
                .connections()
                .lend(prepared.work()::uninstall)
                .onErrorComplete()
                .then();
        return prepared.throttling().flush().then(dropped);
    }

    private static Outcome outcomeOf(Throwable error, boolean progressed) {
        if (error instanceof ThrottledException throttled) {
            return new Outcome.Throttled(throttled.reason(), throttled.askAgain());
        }
        if (error instanceof LeaseLostException) {
            return new Outcome.Stopped(StopReason.LEASE_LOST);
        }
        boolean spent = error instanceof BatchFailedException
                || error instanceof RowsLeftException
                || error instanceof QuarantineBudgetException
                || error instanceof RowsQuarantinedException;
        return new Outcome.Failed(error, spent || isBug(error), progressed);
    }

    /** Errors of ours that are no answer of the database: trying again by itself finds the same. */
    private static boolean isBug(Throwable error) {
        return !(error instanceof SluiceException)
                && SqlFault.sqlState(error) == null
                && SqlFault.of(error) == SqlFault.PERMANENT;
    }
}
