package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.AddIndex;
import io.sluice.schema.SchemaDefinitionException;
import io.sluice.schema.SchemaMigration;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** All that a role needs which owns its tables and their schema: it is no superuser, and sees and ends no session but its own. */
class RoleMerelyOwnsItsTablesIT {

    private static final String ROLE = "sluice_table_owner";
    private static final AddIndex BY_EMAIL = SchemaMigration.addIndex("app.users", "email");

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    /** Of another role, so that the owner sees of it no more than that it is there. */
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    private final Sluice sluice = story.kept(instance());

    @BeforeEach
    void create() {
        story.kept(SchemaStage.instance(database, "installer", SchemaStage.AT_ONCE))
                .install()
                .block(SOON);
        database.execute(
                "do $$ begin create role " + ROLE + " login; exception when duplicate_object then null; end $$",
                "grant usage on schema sluice to " + ROLE,
                "grant all on all tables in schema sluice to " + ROLE,
                "grant all on all sequences in schema sluice to " + ROLE,
                "create schema app authorization " + ROLE,
                "create table app.users (id bigint primary key, email text)",
                "insert into app.users select n, 'u' || n from generate_series(1, 500) n",
                "create table app.orders (id bigint primary key, user_id bigint, amount int)",
                "insert into app.orders select n, n, 1 from generate_series(1, 500) n",
                "alter table app.orders add constraint to_user foreign key (user_id) references app.users not valid",
                "alter table app.orders add constraint positive check (amount > 0) not valid",
                "create table app.logs (day int, line text) partition by list (day)",
                "create table app.logs_1 partition of app.logs for values in (1)",
                "create table app.logs_2 partition of app.logs for values in (2)",
                "create materialized view app.totals as select 1 as id",
                "create unique index totals_id on app.totals (id)");
        for (String table : List.of("users", "orders", "logs", "logs_1", "logs_2")) {
            database.execute("alter table app." + table + " owner to " + ROLE);
        }
        database.execute("alter materialized view app.totals owner to " + ROLE);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @Test
    void everyOperationIsDoneByIt() {
        List<SchemaMigration> all = List.of(
                BY_EMAIL.unique().name("users_email_key"),
                SchemaMigration.reindex("app.users", "users_email_key"),
                SchemaMigration.attachUniqueConstraint("app.users", "users_email_key", "users_email_key"),
                SchemaMigration.addIndex("app.users", "id").name("surplus"),
                SchemaMigration.removeIndex("app.users", "surplus"),
                SchemaMigration.validateForeignKey("app.orders", "to_user"),
                SchemaMigration.validateConstraint("app.orders", "positive"),
                SchemaMigration.addIndex("app.logs", "line"),
                SchemaMigration.detachPartition("app.logs", "app.logs_1"),
                SchemaMigration.refreshMaterializedView("app.totals"),
                SchemaMigration.vacuum("app.users"),
                SchemaMigration.analyze("app.users"),
                SchemaMigration.statement("comment", "app.users", "comment on table app.users is 'ours'"));
        sluice.start().block(SOON);

        for (SchemaMigration each : all) {
            Run run = SchemaStage.enqueued(sluice, each);
            new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        }

        assertThat(index(database, "app.users_email_key")).startsWith("CREATE UNIQUE INDEX");
        assertThat(index(database, "app.surplus")).isNull();
        assertThat(index(database, "app.logs_line_idx")).startsWith("CREATE INDEX");
        assertThat(database.queryLong("select count(*) from pg_constraint where not convalidated"))
                .isZero();
        assertThat(database.queryLong("select max(attempts) from sluice.run")).isZero();
    }

    @Test
    void whatItMayNotDoIsToldBeforeAnythingIsEnqueued() {
        database.execute(
                "create table app.of_others (id int)",
                "grant select on app.of_others to " + ROLE,
                "create schema closed",
                "grant usage on schema closed to " + ROLE,
                "create table closed.users (id int)",
                "alter table closed.users owner to " + ROLE);

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, SchemaMigration.addIndex("app.of_others", "id")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("role " + ROLE + " does not own app.of_others");
        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, SchemaMigration.addIndex("closed.users", "id")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("grant it create on that schema");
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
    }

    @Test
    void itSaysForWhomItsBuildWaitsThoughTheServerHidesWhoThatIs() {
        int holder = holdTheUsers();
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");

        Watched.within(SOON, "it says for whom it waits, and in which phase", () -> {
            var seen = sluice.schema().progress(run.id()).blockFirst(SOON);
            return String.valueOf(seen.waitsFor()).contains("pid " + holder)
                    && seen.phase().contains("waiting for writers");
        });
        say("commit");

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void itCancelsItsOwnBuildOnTheServerAndLeavesNothing() {
        holdTheUsers();
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");

        sluice.cancel(run.id()).block(SOON);
        Watched.within(
                SOON,
                "the build is over",
                () -> database.queryLong(
                                "select count(*) from pg_stat_progress_create_index where datname = current_database()")
                        == 0);
        say("commit");

        new Watched(database, run.id()).awaitStatus(RunStatus.CANCELLED, SOON);
        Watched.within(SOON, "the index is gone", () -> index(database, "app.users_email_idx") == null);
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    /** Its own sessions it sees well, so what an instance left at work is found, and waited for. */
    @Test
    void whatAnotherInstanceOfItLeftAtWorkIsWaitedFor() {
        Sluice second = story.kept(instance());
        holdTheUsers();
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");
        long oid = database.queryLong("select 'app.users_email_idx'::regclass::oid::bigint");
        sluice.stop().block(SOON);

        second.start().block(SOON);
        Watched.within(
                SOON,
                "the second one knows of it",
                () -> String.valueOf(database.queryString("select phase from sluice.schema_run"))
                        .contains("earlier worker"));
        say("commit");

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select 'app.users_email_idx'::regclass::oid::bigint"))
                .isEqualTo(oid);
    }

    private Sluice instance() {
        ConnectionFactory asOwner = ConnectionFactories.get(database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, ROLE)
                .build());
        return Sluice.builder()
                .shard(Shard.of("primary", asOwner))
                .worker(WorkerSettings.DEFAULTS
                        .withLease(Duration.ofSeconds(2))
                        .withWatch(Duration.ofMillis(50))
                        .withIdlePoll(Duration.ofMillis(200)))
                .schema(SchemaStage.AT_ONCE)
                .build();
    }

    private int holdTheUsers() {
        say("begin; lock table app.users in row exclusive mode");
        return Statements.queryOne(stranger, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class))
                .block(SOON);
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
