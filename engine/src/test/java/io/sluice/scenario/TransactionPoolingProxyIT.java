package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promise 4: it works where no session outlives a transaction, and that with all its promises. */
class TransactionPoolingProxyIT {

    private static final Duration LEASE = Duration.ofSeconds(2);
    private static final int ROWS = 1_500;

    private static EmbeddedPostgres server;

    private final Database database;
    private final TransactionPooler pooler;
    private final Sluice one;
    private final Sluice other;

    TransactionPoolingProxyIT() {
        Database maintenance = new Database(server.host(), server.port(), "postgres", "postgres", "");
        String name = "pooled_" + System.nanoTime();
        maintenance.execute("create database " + name);
        database = new Database(server.host(), server.port(), name, "postgres", "");
        pooler = new TransactionPooler(database);
        one = WorkerProcess.sluice(pooled(), "one", LEASE);
        other = WorkerProcess.sluice(pooled(), "other", LEASE);
    }

    /** The pooler cannot answer for a password, so the server is one that asks for none. */
    @BeforeAll
    static void startServer() {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @AfterEach
    void close() throws IOException {
        one.close().block(SOON);
        other.close().block(SOON);
        pooler.close();
    }

    @ParameterizedTest
    @EnumSource
    void everyRowIsMigratedOnceThroughIt(PlusOne form) {
        Watched run = new Story(database).enqueued(one, form, ROWS, 10);

        one.start().block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        form.assertEveryRowOnce(database);
        assertThat(pooler.transactions()).as("transactions through it").isGreaterThan(ROWS / 10);
    }

    @ParameterizedTest
    @EnumSource
    void lanesWorkSideBySideThroughIt(PlusOne form) {
        Watched run = new Story(database).enqueued(one, form, ROWS, 10);
        one.changeSettings(run.id(), it -> it.withBatchSize(50).withLanes(4)).block(SOON);

        one.start().block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        form.assertEveryRowOnce(database);
        assertThat(database.queryLong("select count(*) from sluice.lane where rows_seen > 0"))
                .isGreaterThanOrEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    void aRunIsPausedAndTakenOverThroughIt(PlusOne form) {
        Watched run = new Story(database).enqueued(one, form, ROWS, 10);
        PlusOne.pace(database, Duration.ofMillis(5));
        one.start().block(SOON);
        run.awaitProgress(SOON);

        other.pause(run.id()).block(SOON);
        run.awaitStatus(RunStatus.PAUSED, Duration.ofSeconds(5));
        other.resume(run.id()).block(SOON);
        run.awaitProgress(SOON);
        one.stop().block(SOON);
        other.start().block(SOON);
        run.awaitProgress(SOON);
        PlusOne.pace(database, Duration.ZERO);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        form.assertEveryRowOnce(database);
    }

    /** A role without CREATE has a block instead of the step function, which tells through a setting of its transaction. */
    @Test
    void whoMayNotCreateHasEveryRowMigratedOnceThroughItToo() {
        PlusOne.SQL.create(database, ROWS);
        Sluice owner = WorkerProcess.sluice(Shard.of("primary", database.connectionFactory()), "owner", LEASE);
        owner.install().block(SOON);
        RunId id = owner.enqueue(PlusOne.SQL.enqueue(10)).blockLast(SOON).run().id();
        owner.close().block(SOON);
        String user = database.name() + "_user";
        database.execute(
                "create role " + user + " login",
                "grant usage on schema sluice to " + user,
                "grant select, insert, update, delete on all tables in schema sluice to " + user,
                "grant select, update on all tables in schema public to " + user);
        Sluice worker = WorkerProcess.sluice(pooledAs(user), "worker", LEASE);
        worker.changeSettings(id, it -> it.withLanes(3)).block(SOON);

        worker.start().block(SOON);
        new Watched(database, id).awaitStatus(RunStatus.SUCCEEDED, SOON);

        PlusOne.SQL.assertEveryRowOnce(database);
        assertThat(database.queryLong("select count(*) from pg_proc where proname like 'step!_%' escape '!'"))
                .isZero();
        assertThat(pooler.transactions()).as("transactions through it").isGreaterThan(ROWS / 10);
        worker.close().block(SOON);
    }

    @Test
    void schemaRunsGoThroughItAndBuildsGoPastIt() {
        database.execute(
                "create table users (id int, n int)",
                "insert into users select n, n from generate_series(1, 100) n",
                "alter table users add constraint positive check (n > 0) not valid");
        Sluice past = Sluice.builder()
                .shard(pooled().withDirect(database.connectionFactory()))
                .build();
        past.install().block(SOON);

        for (SchemaMigration migration : List.of(
                SchemaMigration.validateConstraint("users", "positive"),
                SchemaMigration.analyze("users"),
                SchemaMigration.statement("one-more", "users", "insert into users values (101, 101)"),
                SchemaMigration.addIndex("users", "n"))) {
            past.schema().enqueue(EnqueueSchema.of(migration).inline()).blockLast(SOON);
        }

        assertThat(database.queryLong("select count(*) from pg_constraint where conname = 'positive' and convalidated"))
                .isOne();
        assertThat(database.queryLong("select count(*) from users where id = 101"))
                .isOne();
        assertThat(SchemaStage.index(database, "users_n_idx")).startsWith("CREATE INDEX");
        past.close().block(SOON);
    }

    private Shard pooled() {
        return pooledAs(database.user());
    }

    private Shard pooledAs(String user) {
        return Shard.behindProxy(
                "primary",
                ConnectionFactories.get(pooler.front()
                        .options()
                        .mutate()
                        .option(ConnectionFactoryOptions.USER, user)
                        .option(Option.valueOf("preparedStatementCacheQueries"), 0)
                        .build()));
    }
}
