package io.sluice.lock;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Short transactions that need a strong lock, each attempt on a connection of its own with its timeouts set by SET LOCAL. While
 * one waits, another connection looks at whom it waits for.
 */
public final class LockedTransactions {

    /** Whoever freezes in the middle of it is cut off by the server: it holds a lock that others queue up behind. */
    private static final String BEGIN =
            "begin; set local idle_in_transaction_session_timeout = 10000; set local application_name = 'sluice ledger'";

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    private static final String LOCK_TIMEOUT = "select set_config('lock_timeout', $1, true) as set";

    private final Connections connections;
    private final Blockers blockers;
    private final LockRetries retries;
    private final Scheduler scheduler;

    public LockedTransactions(Connections connections, Blockers blockers, LockRetries retries, Scheduler scheduler) {
        this.connections = connections;
        this.blockers = blockers;
        this.retries = retries;
        this.scheduler = scheduler;
    }

    /**
     * Commits the work once it got its locks.
     *
     * @param command what it is, for people
     * @param work one attempt of it; it is rolled back when it errors
     * @return completes when it is committed; errors as {@link LockRetries#run} does. Cancelling rolls it back.
     */
    public Mono<Void> run(String command, Function<Connection, Mono<Void>> work) {
        return retries.run(
                command,
                attempt -> connections
                        .dedicate(connection -> Statements.script(connection, BEGIN)
                                .then(limited(connection, attempt.lockTimeout()))
                                .then(pid(connection))
                                .flatMapMany(pid -> watched(work.apply(connection), pid, attempt))
                                .then(Mono.defer(() -> Mono.from(connection.commitTransaction())))
                                .thenMany(Flux.<Void>empty()))
                        .then());
    }

    private static Mono<Void> limited(Connection connection, @Nullable Duration lockTimeout) {
        return lockTimeout == null
                ? Mono.empty()
                : Statements.queryOne(connection, LOCK_TIMEOUT, row -> 1, lockTimeout.toMillis() + "ms")
                        .then();
    }

    private static Mono<Integer> pid(Connection connection) {
        return Statements.queryOne(
                connection, "select pg_backend_pid() as pid", row -> requireNonNull(row.get("pid", Integer.class)));
    }

    private Flux<Void> watched(Mono<Void> work, int pid, LockRetries.Attempt attempt) {
        Duration timeout = attempt.lockTimeout();
        Duration every = timeout == null || timeout.compareTo(BETWEEN_LOOKS.multipliedBy(2)) > 0
                ? BETWEEN_LOOKS
                : timeout.dividedBy(3).plusMillis(1);
        Mono<Void> looks = Flux.interval(every, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> blockers.of(pid).doOnNext(attempt::waitsFor).onErrorComplete(), 1)
                .then();
        // first to end is the work, well or not: the looks never end
        return Mono.firstWithSignal(work, looks).flux();
    }
}
