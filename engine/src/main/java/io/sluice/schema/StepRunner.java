package io.sluice.schema;

import io.sluice.ledger.Lease;
import io.sluice.ledger.SchemaRun;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.lock.Blockers;
import io.sluice.lock.FailedLockAttempt;
import io.sluice.lock.LockAttempt;
import io.sluice.lock.LockRetrier;
import io.sluice.lock.LockRetries;
import io.sluice.lock.LockedTransactions;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Makes the statements of one run, each in a session that bears the name of the run, so that it can be found by others. A cancel
 * closes the connection only: the statement goes on, for whoever takes the run over.
 */
final class StepRunner {

    /** What waits for autovacuum must wait for longer than deadlock_timeout, or autovacuum never gives way. */
    private static final Duration GENTLE = Duration.ofSeconds(2);

    private static final Duration SHORTEST_LOOK = Duration.ofMillis(20);

    /** A server or a role may have one, from PostgreSQL 17 on; older servers do not know the setting. */
    private static final String NO_TRANSACTION_TIMEOUT =
            "select set_config(name, '0', %s) from pg_settings where name = 'transaction_timeout'";

    /**
     * A worker that is frozen between guard and statement must not wake up to make it much later, and what stands between us and
     * the server must not forget a connection on which nothing is said for long. Servers before PostgreSQL 14 do not know the first.
     */
    private static final String KEPT_AWAKE = "set tcp_keepalives_idle = 60;"
            + " select set_config(name, '10000', false) from pg_settings where name = 'idle_session_timeout'";

    private final SchemaRunContext context;
    private final Lease lease;
    private final SchemaRun run;
    private final Watchdog watchdog;
    private final Backends backends;
    private final boolean cleansUp;
    private final AtomicInteger atWork = new AtomicInteger();
    private final AtomicInteger built = new AtomicInteger();
    private final LockTime lockTime = new LockTime();

    /** @param cleansUp true for a clean-up, which has to be made whatever the run was asked, as long as it is ours to make */
    StepRunner(
            SchemaRunContext context,
            Lease lease,
            SchemaRun run,
            Watchdog watchdog,
            Backends backends,
            boolean cleansUp) {
        this.context = context;
        this.lease = lease;
        this.run = run;
        this.watchdog = watchdog;
        this.backends = backends;
        this.cleansUp = cleansUp;
    }

    /** Makes one; completes when it is committed. Cancelling leaves it to itself. */
    Mono<Void> run(Step step) {
        return step.form() == Step.Form.DIRECT
                ? probed(step).then(watched(direct(step), step.what()))
                : transaction(step);
    }

    /** Partitions whose index was built here. */
    int built() {
        return built.get();
    }

    /** One outside of transactions, not watched. */
    private Mono<Void> direct(Step step) {
        Connections direct = direct(context);
        String settings = "set application_name = '" + name() + "'; set client_connection_check_interval = 0;"
                + " set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; set statement_timeout = "
                + timeout(step) + "; " + NO_TRANSACTION_TIMEOUT.formatted(false) + "; " + KEPT_AWAKE;
        return direct.entrust(connection -> Statements.script(connection, settings)
                        .then(Statements.script(
                                connection, context.ledger().name().in(guardSql())))
                        .then(Mono.defer(() -> {
                            atWork.incrementAndGet();
                            return Statements.script(connection, step.statement())
                                    .doFinally(signal -> atWork.decrementAndGet());
                        })))
                .then(Mono.defer(() -> step.once() ? applied() : Mono.empty()));
    }

    /** The connections for it; throws {@link SchemaDefinitionException} where the shard has none. */
    static Connections direct(SchemaRunContext context) {
        Connections direct = context.direct();
        if (direct == null) {
            throw new SchemaDefinitionException("shard '" + context.ledger().shard()
                    + "' has no direct connections, and what is done concurrently cannot go through a"
                    + " transaction-pooling proxy; give it some: Shard.withDirect(connectionFactory)");
        }
        return direct;
    }

    private Mono<Void> watched(Mono<Void> work, String phase) {
        return Mono.defer(() -> {
            StallClock clock = new StallClock(context.settings().stall(), atWork::get, context.scheduler());
            return Mono.firstWithSignal(work, watchdog.watch(name(), phase, context.watch(), clock::seen));
        });
    }

    private String guardSql() {
        return "select ${ledger}." + (cleansUp ? "hold_clean_up(" : "hold_schema_run(")
                + lease.run().number() + ", " + lease.token() + ")";
    }

    private String appliedSql() {
        return "select ${ledger}.applied(" + lease.run().number() + ")";
    }

    private Mono<Void> applied() {
        return context.ledger()
                .connections()
                .lendOne(connection -> Statements.script(
                                connection, context.ledger().name().in(appliedSql()))
                        .thenReturn(true))
                .then();
    }

    /** Seen to be possible before it is begun: what fails for want of a lock then leaves nothing behind. */
    private Mono<Void> probed(Step step) {
        String probe = step.probe();
        if (probe == null || cleansUp) {
            return Mono.empty();
        }
        return watchdog.says("asking for the lock", null)
                .then(new LockedTransactions(
                                context.ledger().connections(), blockers(), retries(true, true), context.scheduler())
                        .run(
                                "lock " + probe,
                                connection -> Statements.script(
                                        connection, "lock table only " + probe + " in " + Step.PROBE_MODE + " mode")));
    }

    /**
     * Timeouts, guard, statement and checkpoint are one message and one transaction: it is committed as a whole, with the client or
     * without it, and a proxy sees nothing that belongs to a session.
     */
    private Mono<Void> transaction(Step step) {
        return retries(step.form() == Step.Form.GENTLE, false).run(step.what(), attempt -> {
            Duration lockTimeout = attempt.lockTimeout();
            AtomicInteger sent = new AtomicInteger();
            StallClock clock = new StallClock(context.settings().stall(), sent::get, context.scheduler());
            String message = "set local application_name = '" + name() + "'; "
                    + (lockTimeout == null ? "" : "set local lock_timeout = " + lockTimeout.toMillis() + "; ")
                    + "set local statement_timeout = " + timeout(step) + "; "
                    + NO_TRANSACTION_TIMEOUT.formatted(true) + "; "
                    + context.ledger().name().in(guardSql()) + "; "
                    + step.statement()
                    // a comment at its end must not swallow what follows
                    + (step.once() ? "\n; " + context.ledger().name().in(appliedSql()) : "");
            Mono<Void> statement = context.ledger()
                    .connections()
                    .entrust(connection -> Mono.defer(() -> {
                        sent.set(1);
                        return Statements.script(connection, message);
                    }))
                    .then();
            return Mono.firstWithSignal(statement, watchdog.watch(name(), step.what(), look(lockTimeout), seen -> {
                attempt.waitsFor(Watchdog.blockers(seen));
                clock.seen(seen);
            }));
        });
    }

    /** Often enough to see who is in the way before the lock timeout is over. */
    private Duration look(@Nullable Duration lockTimeout) {
        Duration often = lockTimeout == null ? context.watch() : lockTimeout.dividedBy(3);
        return often.compareTo(context.watch()) > 0
                ? context.watch()
                : often.compareTo(SHORTEST_LOOK) < 0 ? SHORTEST_LOOK : often;
    }

    private LockRetries retries(boolean gentle, boolean probes) {
        LockRetrier given = context.settings().locks();
        LockRetrier locks = gentle && !probes ? given : bounded(given);
        Duration budget = cleansUp ? null : run.lockBudget();
        // a run that says how long it may ask is not stopped by a number of attempts
        LockRetrier within = budget == null ? locks : locks.lasting(lockTime.leftOf(budget));
        long began = now();
        return new LockRetries(
                gentle ? gentle(within) : within,
                failed -> {
                    lockTime.spend(began, now() + failed.rest().toMillis());
                    return told(failed);
                },
                context.scheduler(),
                context.random());
    }

    private long now() {
        return context.scheduler().now(TimeUnit.MILLISECONDS);
    }

    /** Where there is to be one attempt with the lock timeout of the session, that may be none: others queue up behind it. */
    private static LockRetrier bounded(LockRetrier retrier) {
        LockRetrier never = (number, command) -> {
            LockAttempt attempt = retrier.attempt(number, command);
            return attempt == null && number == 1 ? LockAttempt.of(GENTLE, Duration.ZERO) : attempt;
        };
        return never.within(retrier.budget());
    }

    private static LockRetrier gentle(LockRetrier retrier) {
        LockRetrier longer = (number, command) -> {
            LockAttempt attempt = retrier.attempt(number, command);
            return attempt == null || attempt.lockTimeout().compareTo(GENTLE) >= 0
                    ? attempt
                    : new LockAttempt(GENTLE, attempt.delay(), attempt.jittered());
        };
        return longer.within(retrier.budget());
    }

    private Mono<Void> told(FailedLockAttempt failed) {
        SchemaRunStore store = context.ledger().schemaRuns();
        return store.noted(
                lease.run().number(),
                "attempt " + failed.number() + " of '" + failed.command() + "' got no lock"
                        + (failed.blockers().isEmpty() ? "" : ", waited for " + Blockers.summary(failed.blockers()))
                        + ", again in " + failed.rest().toMillis() + " ms");
    }

    private Blockers blockers() {
        return context.blockers();
    }

    private String name() {
        return backends.name(lease.token());
    }

    private long timeout(Step step) {
        Duration given = run.statementTimeout();
        // the time of a run is that of what it makes, not of what has to go before
        if (given != null && !cleansUp && !step.drops()) {
            return given.toMillis();
        }
        return step.isLong() ? 0 : context.settings().statementTimeout().toMillis();
    }

    /** Several side by side; none is begun once one has failed, and those that are at work are waited for. */
    Mono<Void> sideBySide(Iterable<Step> steps, int atOnce) {
        return Mono.defer(() -> {
            FirstFailure first = new FirstFailure();
            Mono<Void> all = Flux.fromIterable(steps)
                    .flatMap(step -> first.isThere() ? Mono.empty() : one(step).onErrorResume(first::keep), atOnce)
                    .then();
            return watched(all, "building indexes").then(Mono.defer(first::raise));
        });
    }

    private Mono<Void> one(Step step) {
        return probed(step).then(direct(step)).doOnSuccess(done -> {
            if (step.isLong() && !step.drops()) {
                built.incrementAndGet();
                watchdog.onePartitionMore();
            }
        });
    }
}
