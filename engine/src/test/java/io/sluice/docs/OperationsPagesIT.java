package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.Source;
import io.sluice.data.TransactionLimits;
import io.sluice.data.Work;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.LedgerSchema;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import io.sluice.worker.Retention;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the pages about running Sluice show. */
class OperationsPagesIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SQL = "engine/src/test/resources/io/sluice/docs/operations.sql";

    private final Database database = TestDatabase.createDatabase();
    private final DataMigration plusOne =
            DataMigration.of("plus-one", Work.sql(Source.table("users"), "update users set n = n + 1 where {batch}"));
    private Sluice sluice = Sluice.builder()
            .shard("main", database.connectionFactory())
            .migrations(plusOne)
            .build();

    @BeforeEach
    void install() {
        database.execute(
                "create table users (id bigint primary key, n int not null default 0)",
                "insert into users select n from generate_series(1, 3000) n");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void rowsInQuarantineAreDismissedOrTriedAgain() {
        database.execute(
                "alter table users add constraint small check (n < 5)", "update users set n = 4 where id in (7, 8)");
        RunId id = sluice.enqueue(Enqueue.of("plus-one").settings(it -> it.withBatchAttempts(1)))
                .blockLast(SOON)
                .run()
                .id();
        sluice.runOnce().blockLast(SOON);
        database.execute("update users set n = 0 where id = 8");

        // tag::quarantine[]
        List<QuarantinedKey> open = sluice.quarantine(id).collectList().block();
        sluice.dismiss(id, List.of(open.get(0).key())).block(); // will never be migrated
        sluice.retry(id).block(); // the others were mended
        // end::quarantine[]

        assertThat(open).extracting(QuarantinedKey::key).containsExactly(List.of("7"), List.of("8"));
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from users where n = 1")).isEqualTo(2999);
    }

    @Test
    void verbsMoveARun() {
        RunId id = sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON).run().id();

        // tag::verbs[]
        Run paused = sluice.pause(id).block();
        Run resumed = sluice.resume(id).block();
        Run cancelled = sluice.cancel(id).block();
        // end::verbs[]

        assertThat(paused.status()).isEqualTo(RunStatus.PAUSED);
        assertThat(resumed.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(cancelled.status()).isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void eventsAreResumedAfterTheLastOneSeen() {
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        sluice.runOnce().blockLast(SOON);
        List<String> told = new ArrayList<>();
        long lastSeen = 1;

        // tag::events[]
        Flux<SluiceEvent> events = sluice.eventsAfter("main", lastSeen).doOnNext(event -> {
            if (event instanceof SluiceEvent.StatusChanged changed) {
                told.add(changed.origin().migration() + ": " + changed.from() + " to " + changed.to());
            }
        });
        // end::events[]
        events.take(2).blockLast(SOON);

        assertThat(told).containsExactly("plus-one: ENQUEUED to RUNNING", "plus-one: RUNNING to SUCCEEDED");
    }

    @Test
    void behindAPooler() {
        // tag::pooler[]
        ConnectionFactory pooled = new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .preparedStatementCacheQueries(0)
                .build());
        ConnectionFactory direct = database.connectionFactory();

        Shard shard = Shard.behindProxy("main", pooled).withDirect(direct);
        // end::pooler[]
        use(Sluice.builder().shard(shard).migrations(plusOne).build());

        assertThat(sluice.enqueue(Enqueue.of("plus-one").inline())
                        .blockLast(SOON)
                        .run()
                        .status())
                .isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void settingsOfAnInstance() {
        // tag::configured[]
        Sluice configured = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(plusOne)
                .worker(WorkerSettings.DEFAULTS
                        .withLease(Duration.ofSeconds(20))
                        .withDataRuns(2))
                .data(DataSettings.DEFAULTS.withLimits(TransactionLimits.DEFAULTS
                        .withStatement(Duration.ofSeconds(10))
                        .withLock(Duration.ofMillis(500))))
                .retention(new Retention(Duration.ofDays(3), Duration.ofDays(14)))
                .build();
        // end::configured[]
        use(configured);

        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void aThrottleThatLooksAtReplicas() {
        ConnectionFactory connections = database.connectionFactory();

        // tag::throttle[]
        Mono<Long> standbysBehind = Mono.usingWhen(
                        connections.create(),
                        connection -> Flux.from(connection
                                        .createStatement("select count(*) as behind from pg_stat_replication"
                                                + " where replay_lag > interval '5 seconds'")
                                        .execute())
                                .concatMap(result -> result.map(row -> row.get("behind", Long.class)))
                                .single(),
                        connection -> connection.close())
                .timeout(Duration.ofSeconds(2))
                .cache(behind -> Duration.ofSeconds(1), error -> Duration.ofSeconds(1), () -> Duration.ZERO);

        Throttle replicas = run -> standbysBehind.map(behind -> behind == 0
                ? new Throttle.Permit()
                : new Throttle.Wait(behind + " standbys are more than 5 s behind", Duration.ofSeconds(2)));
        // end::throttle[]
        use(Sluice.builder()
                .shard("main", connections)
                .migrations(plusOne)
                .throttle(replicas)
                .build());

        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void looksIntoTheLedger() {
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        sluice.runOnce().blockLast(SOON);

        assertThat(database.query(Pages.region(SQL + "#runs"))).hasSize(1);
        assertThat(database.query(Pages.region(SQL + "#blocked"))).isEmpty();
        assertThat(database.query(Pages.region(SQL + "#progress")).get(0)).contains("SUCCEEDED", 3000L);
        assertThat(database.query(Pages.region(SQL + "#batches"))).hasSize(1);
        assertThat(database.query(Pages.region(SQL + "#errors"))).isEmpty();
        assertThat(database.query(Pages.region(SQL + "#settings"))).hasSize(1);
        assertThat(database.query(Pages.region(SQL + "#versions")).get(0)).containsExactly(LedgerSchema.VERSION, 5);
    }

    @Test
    void aRoleThatOwnsNothingCanWork() {
        String role = "app_" + database.name();
        database.execute("create role " + role + " login password 'app'");
        database.execute(Pages.region(SQL + "#privileges")
                .replace(" app;", " " + role + ";")
                .split(";\\s*"));
        Database asApp = new Database(database.host(), database.port(), database.name(), role, "app");
        use(Sluice.builder()
                .shard("main", asApp.connectionFactory())
                .migrations(plusOne)
                .build());

        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from users where n = 1")).isEqualTo(3000);
        close();
        database.execute("drop owned by " + role, "drop role " + role);
    }

    private void use(Sluice other) {
        close();
        sluice = other;
    }
}
