package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.r2dbc.spi.Connection;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A ledger transaction stands in nobody's way for long, whatever the defaults of the database are. */
class ConnectionsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration SOONER_THAN_IT_IS_CLOSED_ANYWAY = Duration.ofSeconds(8);

    private final Database database = TestDatabase.createDatabase();
    private final Connections connections = new Connections("main", database.connectionFactory());

    @AfterEach
    void close() {
        connections.close().block(SOON);
        database.close();
    }

    @Test
    void aTransactionHasItsOwnIsolationLimitsAndName() {
        database.execute(
                "do $$ begin execute format('alter database %I set default_transaction_isolation = serializable',"
                        + " current_database()); end $$");

        assertThat(connections.transaction(connection -> settings(connection)).block(SOON))
                .isEqualTo("read committed, 5s, 10s, sluice ledger");
    }

    @Test
    void behindItTheConnectionIsAsItWas() {
        String before = connections.lendOne(connection -> settings(connection)).block(SOON);

        connections.transaction(connection -> settings(connection)).block(SOON);

        assertThat(connections.lendOne(connection -> settings(connection)).block(SOON))
                .isEqualTo(before)
                .doesNotContain("sluice");
    }

    @Test
    void whoFallsAsleepInItIsCutOffByTheServerAndTheNextOneGetsALiveConnection() {
        Duration longerThanItsIdleLimit = Duration.ofSeconds(7);

        StepVerifier.create(connections.transaction(
                        connection -> Mono.delay(longerThanItsIdleLimit).then(Mono.defer(() -> settings(connection)))))
                .expectError()
                .verify(SOON);

        assertThat(database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                        + " and state like 'idle in transaction%'"))
                .isZero();
        assertThat(connections.lendOne(connection -> settings(connection)).block(SOON))
                .isNotNull();
    }

    @Test
    void whatIsLentWhenItGoesToRestIsClosedWhenItComesBack() {
        connections
                .lendOne(connection -> connections.rest().then(settings(connection)))
                .block(SOON);

        await("nothing is open").atMost(SOONER_THAN_IT_IS_CLOSED_ANYWAY).until(() -> sessions() == 0);
        assertThat(connections.lendOne(ConnectionsIT::settings).block(SOON)).isNotNull();
    }

    @Test
    void whoDoesNotWaitUntilItRestsDoesNotKeepItFromResting() {
        Disposable lent = connections
                .lendOne(connection -> settings(connection).then(Mono.never()))
                .subscribe();
        await("one is lent").atMost(SOON).until(() -> sessions() == 1);
        assertThat(connections.lendOne(ConnectionsIT::settings).block(SOON)).isNotNull();
        assertThat(sessions()).isEqualTo(2);

        connections.rest().subscribe().dispose();
        lent.dispose();

        await("nothing is open").atMost(SOONER_THAN_IT_IS_CLOSED_ANYWAY).until(() -> sessions() == 0);
    }

    @Test
    void oneThatHangsBesideAShardKeepsNoOtherShardWaiting() {
        KeptOpen one = new KeptOpen(1);
        Connections hangs = new Connections("hangs", database.connectionFactory(), one);
        Disposable held = hangs.beside("standby", database.connectionFactory())
                .lendOne(connection -> Mono.never())
                .subscribe();
        await("one is lent").atMost(SOON).until(() -> sessions() == 1);
        assertThat(hangs.lendOne(ConnectionsIT::settings).block(SOON)).isNotNull();
        Connections other = new Connections("other", database.connectionFactory(), one);

        assertThat(other.lendOne(ConnectionsIT::settings).block(Duration.ofSeconds(2)))
                .isNotNull();

        held.dispose();
        Mono.when(hangs.close(), other.close()).block(SOON);
    }

    @Test
    void whatIsStillBeingOpenedWhenItGoesToRestIsClosedToo() {
        for (int i = 0; i < 20; i++) {
            connections.lendOne(ConnectionsIT::settings).subscribe().dispose();
            connections.rest().block(SOON);
        }

        await("nothing is open").atMost(SOONER_THAN_IT_IS_CLOSED_ANYWAY).until(() -> sessions() == 0);
    }

    @Test
    void anAnswerThatNeverComesIsGivenUpAndEndedOnTheServer() {
        Connections impatient = new Connections(
                "main", database.connectionFactory(), new KeptOpen(1), PoolSettings.DEFAULTS, Duration.ofSeconds(1));
        Function<Connection, Mono<Integer>> asleep =
                connection -> Statements.queryOne(connection, "select 1 from pg_sleep(60)", row -> 1);

        for (Publisher<Integer> call :
                List.of(impatient.lendOne(asleep), impatient.lend(asleep), impatient.transaction(asleep))) {
            StepVerifier.create(call)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(DatabaseUnreachableException.class)
                            .hasMessageContaining("no answer within"))
                    .verify(SOON);
        }

        await("nothing is open").atMost(SOONER_THAN_IT_IS_CLOSED_ANYWAY).until(() -> sessions() == 0);
        assertThat(impatient
                        .unhurried(connection ->
                                Mono.delay(Duration.ofMillis(1_500)).then(settings(connection)))
                        .block(SOON))
                .isNotNull();
        impatient.close().block(SOON);
    }

    @Test
    void whoWaitsForOneWhenTheyAreClosedHasOneOfTheNext() {
        Function<Connection, Mono<String>> held = connection -> Mono.never();
        Disposable lent =
                Flux.range(0, 4).flatMap(it -> connections.lendOne(held)).subscribe();
        await("all are lent").atMost(SOON).until(() -> sessions() == 4);
        Mono<String> fifth = connections.lendOne(ConnectionsIT::settings).cache();
        Disposable waits = fifth.subscribe();

        connections.rest().block(SOON);

        assertThat(fifth.block(SOON)).isNotNull();
        waits.dispose();
        lent.dispose();
    }

    @Test
    void noMoreAreOpenThanThePoolMayHaveAndWhoWaitsTooLongIsToldSo() {
        Connections five = new Connections(
                "main",
                database.connectionFactory(),
                new KeptOpen(1),
                PoolSettings.DEFAULTS.withMaxSize(5).withMaxAcquireTime(Duration.ofMillis(300)));
        Disposable lent = Flux.range(0, 5)
                .flatMap(it -> five.lendOne(connection -> Mono.never()))
                .subscribe();
        await("all are lent").atMost(SOON).until(() -> sessions() == 5);

        StepVerifier.create(five.lendOne(ConnectionsIT::settings))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(DatabaseUnreachableException.class)
                        .hasMessageContaining("300ms"))
                .verify(SOON);

        assertThat(sessions()).isEqualTo(5);
        lent.dispose();
        five.close().block(SOON);
    }

    @Test
    void aServerThatNeverGreetsIsGivenUpOnce() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Database nobody = new Database("127.0.0.1", silent.getLocalPort(), "any", "any", "");
            Connections impatient = new Connections(
                    "main",
                    nobody.connectionFactory(),
                    new KeptOpen(1),
                    PoolSettings.DEFAULTS.withMaxAcquireTime(Duration.ofMillis(500)));

            StepVerifier.create(impatient.lendOne(ConnectionsIT::settings))
                    .expectError(DatabaseUnreachableException.class)
                    .verify(Duration.ofMillis(2_200));
            impatient.close().block(SOON);
        }
    }

    @Test
    void thoseToAnotherDatabaseAreClosedWithThem() {
        Connections beside = connections.beside("a standby", database.connectionFactory());
        assertThat(beside.lendOne(ConnectionsIT::settings).block(SOON)).isNotNull();
        assertThat(sessions()).isEqualTo(1);

        connections.close().block(SOON);

        await("nothing is open").atMost(SOONER_THAN_IT_IS_CLOSED_ANYWAY).until(() -> sessions() == 0);
    }

    private long sessions() {
        return database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                + " and pid <> pg_backend_pid() and backend_type = 'client backend'");
    }

    private static Mono<String> settings(Connection connection) {
        return Statements.queryOne(connection, """
                select concat_ws(', ', current_setting('transaction_isolation'),
                    current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout'),
                    current_setting('application_name')) as settings
                """, row -> row.get("settings", String.class));
    }
}
