package io.sluice.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Strong locks on real tables: whoever is in the way is named, nothing stays behind, and nobody's session is changed. */
class LockedTransactionsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String RENAME = "alter table items rename column a to b";

    private final Database database = TestDatabase.createDatabase();
    private final Connections connections = new Connections("primary", database.connectionFactory());
    private final List<FailedLockAttempt> told = new CopyOnWriteArrayList<>();
    private final Connection other =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute("create table items (a int)");
    }

    @AfterEach
    void close() {
        Mono.from(other.close()).block(SOON);
        connections.close().block(SOON);
        database.close();
    }

    @Test
    void itIsCommittedOnceTheLockIsFree() {
        holdTheTable("access share");

        Mono<Void> renamed = transactions(
                        LockRetrier.constant(1000, Duration.ofMillis(60), Duration.ofMillis(20)), false)
                .run("rename", connection -> Statements.script(connection, RENAME))
                .doOnSubscribe(it -> Flux.interval(Duration.ofMillis(20))
                        .filter(tick -> !told.isEmpty())
                        .next()
                        .then(Statements.script(other, "commit"))
                        .subscribe());
        renamed.block(SOON);

        assertThat(database.queryLong(
                        "select count(*) from pg_attribute where attrelid = 'items'::regclass" + " and attname = 'b'"))
                .isOne();
        assertThat(told).isNotEmpty();
    }

    @Test
    void whoFreezesInTheMiddleOfItIsCutOffByTheServer() {
        transactions(LockRetrier.none(), false)
                .run(
                        "note",
                        connection -> Statements.script(
                                connection,
                                "create table noted as select current_setting('idle_in_transaction_session_timeout') as idle,"
                                        + " current_setting('application_name') as name"))
                .block(SOON);

        assertThat(database.query("select idle, name from noted"))
                .singleElement()
                .satisfies(row -> assertThat(row).containsExactly("10s", "sluice ledger"));
    }

    @Test
    void eachFailedAttemptTellsWhoHoldsWhatAndForHowLong() {
        int holder = pid(other);
        holdTheTable("access share");

        assertThatThrownBy(
                        () -> transactions(LockRetrier.constant(2, Duration.ofMillis(400), Duration.ofMillis(10)), true)
                                .run("rename items", connection -> Statements.script(connection, RENAME))
                                .block(SOON))
                .isInstanceOf(LockNotGrantedException.class)
                .hasMessageContainingAll("'rename items' in 2 attempts", "pid " + holder, "AccessShareLock");

        assertThat(told).singleElement().satisfies(failed -> {
            assertThat(failed.blockers()).singleElement().satisfies(blocker -> {
                assertThat(blocker.pid()).isEqualTo(holder);
                assertThat(blocker.state()).isEqualTo("idle in transaction");
                assertThat(blocker.locks()).isEqualTo("AccessShareLock");
                assertThat(blocker.age()).isPositive();
                assertThat(blocker.query()).contains("lock table items");
            });
        });
        assertThat(database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                        + " and query like 'alter%' and state <> 'idle'"))
                .as("attempts that are still at it")
                .isZero();
    }

    @Test
    void textsOfQueriesAreShownOnlyIfAllowed() {
        holdTheTable("access share");

        assertThatThrownBy(() -> transactions(
                                LockRetrier.constant(1, Duration.ofMillis(400), Duration.ofMillis(10)), false)
                        .run("rename items", connection -> Statements.script(connection, RENAME))
                        .block(SOON))
                .isInstanceOfSatisfying(
                        LockNotGrantedException.class,
                        error -> assertThat(error.blockers())
                                .singleElement()
                                .extracting(Blocker::query)
                                .isNull());
    }

    @Test
    void theTimeoutIsThatOfTheTransactionAlone() {
        LockedTransactions transactions =
                transactions(LockRetrier.constant(1, Duration.ofMillis(1234), Duration.ZERO), false);
        StringBuilder seen = new StringBuilder();

        transactions
                .run(
                        "look",
                        connection -> Statements.queryOne(
                                        connection,
                                        "select current_setting('lock_timeout') as it",
                                        row -> row.get("it", String.class))
                                .doOnNext(seen::append)
                                .then())
                .block(SOON);

        assertThat(seen).hasToString("1234ms");
    }

    @Test
    void anErrorOfTheWorkRollsItBackAndIsPassedOn() {
        assertThatThrownBy(() -> transactions(LockRetrier.constant(3, Duration.ofSeconds(1), Duration.ZERO), false)
                        .run(
                                "wrong",
                                connection -> Statements.script(
                                        connection, RENAME + "; alter table nowhere add column x int"))
                        .block(SOON))
                .hasMessageContaining("nowhere");

        assertThat(database.queryLong(
                        "select count(*) from pg_attribute where attrelid = 'items'::regclass" + " and attname = 'a'"))
                .isOne();
    }

    @Test
    void cancellingStopsItsWaitOnTheServer() {
        holdTheTable("access share");
        String waits = "select count(*) from pg_stat_activity where datname = current_database()"
                + " and query like 'alter%' and wait_event_type = 'Lock'";
        var running = transactions(LockRetrier.constant(1, Duration.ofMinutes(1), Duration.ZERO), false)
                .run("rename", connection -> Statements.script(connection, RENAME))
                .subscribe();
        await().until(() -> database.queryLong(waits) == 1);

        running.dispose();

        await().until(() -> database.queryLong(waits) == 0);
    }

    private void holdTheTable(String mode) {
        Statements.script(other, "begin; lock table items in " + mode + " mode").block(SOON);
    }

    private static int pid(Connection connection) {
        return Statements.queryOne(connection, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class))
                .block(SOON);
    }

    private LockedTransactions transactions(LockRetrier retrier, boolean showQueries) {
        return new LockedTransactions(
                connections,
                new Blockers(connections, showQueries),
                new LockRetries(
                        retrier,
                        failed -> Mono.fromRunnable(() -> told.add(failed)),
                        Schedulers.parallel(),
                        new Random(1)),
                Schedulers.parallel());
    }
}
