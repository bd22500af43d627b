package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Outcome;
import io.sluice.ledger.SchemaRun;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.lock.Blockers;
import io.sluice.lock.LockNotGrantedException;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.sql.Identifier;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How one run goes: what an earlier worker left at work is waited for; the catalog says what comes next; that is made; and the
 * catalog is asked again, until nothing is left to do.
 */
final class SchemaStory {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaStory.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);
    private static final Duration HANDED_BACK = Duration.ofSeconds(30);

    /** SQLSTATE of the guard of the ledger. */
    private static final String REFUSED = "SLU01";

    /** SQLSTATEs of a table or an index that is not there, or is no partition: undefined table, object, invalid definition. */
    private static final Set<String> MISSING = Set.of("42P01", "42704", "42P17");

    private final SchemaRunContext context;
    private final HeldRun held;
    private final SchemaRun run;
    private final Lease lease;
    private final SchemaRunStore store;
    private final Watchdog watchdog;
    private final EarlierStatements earlier;
    private final Clearance clearance;
    private final StepRunner runner;
    private final OwedCleanUps owed;
    private final SchemaCleanUp cleanUp;

    private volatile boolean begun;

    private volatile @Nullable Outcome failure;

    SchemaStory(SchemaRunContext context, HeldRun held, SchemaRun run) {
        this.context = context;
        this.held = held;
        this.run = run;
        this.lease = held.lease();
        this.store = context.ledger().schemaRuns();
        this.watchdog = new Watchdog(context, lease, isOfManyIndexes(run));
        Backends backends = SchemaCleanUp.backends(context, lease.run());
        this.earlier = new EarlierStatements(context, lease.token(), backends, watchdog);
        this.clearance = new Clearance(context, lease, watchdog, held.isForeground());
        this.runner = new StepRunner(context, lease, run, watchdog, backends, false);
        this.owed = new OwedCleanUps(context, lease, watchdog);
        this.cleanUp = new SchemaCleanUp(context, lease, run, watchdog);
    }

    /** The server counts each index of a table from nothing. */
    private static boolean isOfManyIndexes(SchemaRun run) {
        return run.operation().equals(Operation.REINDEX.word()) && run.object() == null;
    }

    /** Emits how it ended, errors included; cancelling leaves what is at work on the server to itself. */
    Mono<Outcome> told() {
        return store.progress(lease.run().number())
                .map(SchemaProgress::partitions)
                .doOnNext(watchdog::begins)
                .delayUntil(known -> watchdog.says("looking", null))
                .flatMap(known -> earlier.awaited()
                        .flatMap(anybody -> permitted()
                                .then(noted())
                                .then(owed.paid())
                                .then(anybody ? requireIndex(known) : Mono.empty())))
                .then(Mono.defer(() -> next(List.of())))
                .onErrorResume(this::ended);
    }

    /** What an earlier worker began is over, and nobody heard how: if it is to go now, that was an attempt. */
    private Mono<Void> requireIndex(Counted known) {
        return Mono.defer(this::verdict)
                .flatMap(now -> now instanceof Verdict.Next next
                                && next.steps().stream().anyMatch(Step::drops)
                                && next.partitions().done() <= known.done()
                        ? Mono.error(new StatementLostException("the statement of an earlier worker"))
                        : Mono.empty());
    }

    /** How it failed, once that is known and only the clean-up is left, which can be made up for later. */
    Optional<Outcome> failure() {
        return Optional.ofNullable(failure);
    }

    /** Ends what is at work, and what it leaves behind; completes always. */
    Mono<Void> cancelled() {
        return context.ledger()
                .runs()
                .watch(lease)
                .filter(status -> status == RunStatus.CANCELLING)
                .flatMap(forGood -> cleanUp.undone())
                .onErrorResume(error -> {
                    LOG.warn("run {}: could not clean up, later again: {}", lease.run(), error.getMessage());
                    return store.noted(lease.run().number(), "could not clean up: " + SqlFault.kind(error))
                            .onErrorComplete();
                });
    }

    private Mono<Void> permitted() {
        return held.isForeground()
                ? Mono.empty()
                : Mono.defer(() -> context.throttle().ask(new RunAtWork(lease.run(), table())))
                        .timeout(ANSWER_WITHIN, context.scheduler())
                        .onErrorResume(error -> Mono.just(
                                new Throttle.Wait("the throttle failed: " + SqlFault.kind(error), HANDED_BACK)))
                        .defaultIfEmpty(new Throttle.Wait("the throttle says nothing", HANDED_BACK))
                        .flatMap(decision -> decision instanceof Throttle.Wait wait
                                ? Mono.error(new NotNowException(wait.reason(), atLeastASecond(wait.askAgain())))
                                : Mono.empty());
    }

    private Mono<Void> noted() {
        return inTransaction(connection -> Changes.of(connection, run)
                        .flatMapMany(change -> change.notes(connection))
                        .collectList())
                .flatMapIterable(notes -> notes)
                .concatMap(note -> {
                    LOG.warn("run {} of '{}': {}", lease.run(), held.run().name(), note);
                    return store.noted(lease.run().number(), note);
                })
                .then();
    }

    private Mono<Outcome> next(List<Step> before) {
        return verdict().flatMap(verdict -> {
            if (verdict instanceof Verdict.Next next) {
                return next.steps().equals(before)
                        ? Mono.error(new SchemaDefinitionException(
                                "'" + before.get(0).what()
                                        + "' was made, and the catalog says that it is still to be made"))
                        : made(next).flatMap(this::next);
            }
            return verdict instanceof Verdict.Later later
                    ? Mono.error(new NotNowException(later.reason(), later.after()))
                    : store.cleaned(lease).thenReturn(new Outcome.Completed());
        });
    }

    private Mono<Verdict> verdict() {
        return store.find(lease.run().number())
                .flatMap(fresh -> inTransaction(connection ->
                        Changes.of(connection, run).flatMap(change -> change.judge(connection, fresh.applied()))));
    }

    /** Emits the steps that were made for sure; none where the connection was lost, so that they may come again. */
    private Mono<List<Step>> made(Verdict.Next next) {
        List<Step> steps = next.steps();
        boolean builds = steps.stream().allMatch(it -> it.form() == Step.Form.DIRECT);
        Mono<Void> work = builds && steps.size() > 1
                ? runner.sideBySide(steps, context.settings().partitionsAtOnce())
                : Flux.fromIterable(steps).concatMap(runner::run).then();
        return (next.partitions().total() > 0 ? watchdog.partitions(next.partitions()) : Mono.<Void>empty())
                .then(steps.stream().anyMatch(Step::isLong) ? clearance.of(quotedTable()) : Mono.empty())
                .then(
                        next.partitions().total() == 0 && steps.stream().anyMatch(Step::isLong)
                                ? store.begunAnew(lease)
                                : Mono.empty())
                .then(store.begun(lease).doOnSuccess(done -> begun = true))
                .then(work)
                .thenReturn(steps)
                .onErrorResume(
                        error -> builds && SqlFault.of(error) == SqlFault.CONNECTION, error -> goneOn(error, steps))
                .onErrorResume(
                        error -> next.partitions().total() > 0 && isOfMissing(error), error -> changed(error, steps));
    }

    /** A partition may be dropped or detached meanwhile: nothing is lost then, if the catalog asks for something else by now. */
    private Mono<List<Step>> changed(Throwable error, List<Step> steps) {
        return verdict()
                .flatMap(now -> now instanceof Verdict.Next next && next.steps().equals(steps)
                        ? Mono.error(error)
                        : Mono.just(List.of()));
    }

    private static boolean isOfMissing(Throwable error) {
        return SqlFault.causes(error).stream()
                .map(SqlFault::sqlState)
                .anyMatch(state -> state != null && MISSING.contains(state));
    }

    /**
     * The connection is lost, but the statement may go on: it is waited for like that of a dead worker, then judged. What came to
     * nothing meanwhile, and what the catalog tells nothing of, comes again as another attempt, or it would for ever where each
     * connection is cut after a while.
     */
    private Mono<List<Step>> goneOn(Throwable error, List<Step> steps) {
        LOG.info(
                "run {}: lost the connection of '{}' ({})",
                lease.run(),
                steps.get(0).what(),
                error.getMessage());
        return Mono.delay(LOOK_AGAIN, context.scheduler())
                .then(earlier.areAtWork())
                .flatMap(atWork -> atWork ? earlier.awaited() : Mono.error(error))
                .then(steps.get(0).once() ? Mono.<Verdict>error(error) : Mono.defer(this::verdict))
                .flatMap(now -> cameToNothing(steps, now)
                        ? Mono.error(new StatementLostException(steps.get(0).what()))
                        : Mono.just(List.of()));
    }

    private static boolean cameToNothing(List<Step> steps, Verdict now) {
        return now instanceof Verdict.Next next
                && next.steps().stream()
                                .filter(it -> it.drops() || steps.contains(it))
                                .count()
                        >= steps.size();
    }

    private Mono<Outcome> ended(Throwable error) {
        if (error instanceof NotNowException later) {
            return Mono.just(new Outcome.Throttled(later.reason(), later.askAgain()));
        }
        if (error instanceof LeaseLostException) {
            return Mono.just(new Outcome.Stopped(StopReason.LEASE_LOST));
        }
        if (SqlFault.causes(error).stream().anyMatch(it -> REFUSED.equals(SqlFault.sqlState(it)))) {
            return Mono.just(new Outcome.Refused());
        }
        SqlFault fault = SqlFault.of(error);
        // what was built of partitions before stays, so this is the first failure in a row
        Outcome failed = new Outcome.Failed(error, isFinal(error, fault), runner.built() > 0);
        // what cannot be reached cannot be cleaned up; whoever comes next finds it as it is
        return fault == SqlFault.CONNECTION
                ? Mono.just(failed)
                : kept(error)
                        .doOnSubscribe(begun -> failure = failed)
                        .then(cleanUp.leftovers())
                        .onErrorResume(second -> {
                            LOG.warn("run {}: could not clean up, later again: {}", lease.run(), second.getMessage());
                            error.addSuppressed(second);
                            return Mono.empty();
                        })
                        .thenReturn(failed);
    }

    /** A clean-up may take long, and whoever does it may die over it: what is known by then must not get lost. */
    private Mono<Void> kept(Throwable error) {
        return !begun
                ? Mono.empty()
                : store.noted(
                                lease.run().number(),
                                "failed, cleaning up: "
                                        + new FailureReport(false).of(error).summary())
                        .onErrorComplete();
    }

    /** A timeout says that it takes longer than it may; it would do so again. Who said how long to ask for locks meant it. */
    private boolean isFinal(Throwable error, SqlFault fault) {
        if (error instanceof StatementLostException) {
            return false;
        }
        return fault == SqlFault.TIMEOUT
                || fault == SqlFault.PERMANENT
                || (error instanceof LockNotGrantedException && run.lockBudget() != null);
    }

    /**
     * Definitions are tried out in it, and what that leaves is rolled back. Whoever has the table for themselves just now is in the
     * way of the look, which is no failure of what it was for.
     */
    private <T> Mono<T> inTransaction(Function<Connection, Mono<T>> look) {
        return context.ledger()
                .connections()
                .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Mono.defer(() -> look.apply(connection))))
                .onErrorResume(error -> SqlFault.of(error) == SqlFault.LOCK_TIMEOUT, error -> refused());
    }

    /** The longer it lasts the longer are the rests: each look is an entry in the journal. */
    private <T> Mono<T> refused() {
        return store.refused(lease)
                .flatMap(times -> context.ledger()
                        .connections()
                        .lendOne(connection -> new TableHolders(context.blockers()).find(connection, quotedTable()))
                        .flatMap(holders -> Mono.error(new NotNowException(
                                "another session has locked " + table()
                                        + (holders.isEmpty() ? "" : ": " + Blockers.summary(holders)),
                                LOOK_AGAIN.multipliedBy(Math.min(60, 1L << Math.min(times - 1, 6)))))));
    }

    private TableName table() {
        return new TableName(run.schema(), run.table());
    }

    private String quotedTable() {
        return Identifier.quote(run.schema()) + "." + Identifier.quote(run.table());
    }

    private static Duration atLeastASecond(Duration wait) {
        return wait.compareTo(LOOK_AGAIN) < 0 ? LOOK_AGAIN : wait;
    }
}
