package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** A worker that is killed over a reindex or a detachment leaves it to the next one, whether its statement goes with it or not. */
class ReindexAndDetachmentAreKilledIT {

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice next = story.kept(SchemaStage.instance(database, "next", SchemaStage.AT_ONCE));
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReindexEndsWithTheIndexAndNothingBesideIt(boolean itsStatementGoesToo) {
        ChildWorker victim = victim();
        say("begin; lock table users in row exclusive mode");
        Run run = SchemaStage.enqueued(next, SchemaMigration.reindex("users", "grown"));
        SchemaStage.awaitAtWork(database, "reindex%");
        assertThat(invalidIndexes()).as("the new one, half-built").isOne();

        killed(victim, itsStatementGoesToo);
        taken(run, itsStatementGoesToo);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "grown")).startsWith("CREATE INDEX");
        assertThat(invalidIndexes()).isZero();
        assertThat(database.queryLong("select count(*) from pg_index where indrelid = 'users'::regclass"))
                .as("the primary key and that one")
                .isEqualTo(2);
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDetachmentThatIsPendingIsBroughtToItsEnd(boolean itsStatementGoesToo) {
        ChildWorker victim = victim();
        say("begin; lock table logs_1 in row exclusive mode; select count(*) from logs");
        Run run = SchemaStage.enqueued(next, SchemaMigration.detachPartition("logs", "logs_1"));
        SchemaStage.awaitAtWork(database, "alter table%detach%");
        Watched.within(
                SOON,
                "it is pending",
                () -> database.queryLong("select count(*) from pg_inherits where inhdetachpending") == 1);

        killed(victim, itsStatementGoesToo);
        taken(run, itsStatementGoesToo);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select count(*) from pg_inherits where inhrelid = 'logs_1'::regclass"))
                .isZero();
        assertThat(database.queryLong("select count(*) from logs_1")).isOne();
        assertThat(database.queryLong("select count(*) from logs")).isOne();
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    /** Cancelled while nobody works on it, with the statement of the dead worker on the server still. */
    @Test
    void aReindexThatIsCancelledAfterItsWorkerWasKilledLeavesTheIndexThatWas() {
        ChildWorker victim = victim();
        say("begin; lock table users in row exclusive mode");
        Run run = SchemaStage.enqueued(next, SchemaMigration.reindex("users", "grown"));
        SchemaStage.awaitAtWork(database, "reindex%");

        killed(victim, false);
        next.start().block(SOON);
        Watched watched = new Watched(database, run.id());
        Watched.within(SOON, "the next one has it", () -> "next".equals(watched.owner()));
        next.cancel(run.id()).block(SOON);
        awaitReindexNoMore();
        say("commit");

        watched.awaitStatus(RunStatus.CANCELLED, SOON);
        Watched.within(SOON, "nothing half-built is left", () -> invalidIndexes() == 0);
        assertThat(index(database, "grown")).startsWith("CREATE INDEX");
    }

    /** It waits for transactions that are older than 5 seconds, so it must look for work before there is one. */
    private ChildWorker victim() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "insert into users select n, 'u' || n from generate_series(1, 500) n",
                "create index grown on users (email)",
                "create table logs (day int, line text) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)",
                "create table logs_2 partition of logs for values in (2)",
                "insert into logs values (1, 'a'), (2, 'b')");
        next.install().block(SOON);
        ChildWorker victim = story.child("victim");
        Watched.within(
                Story.ONCE_STARTED,
                "the worker looks for work",
                () -> !victim.said().isEmpty());
        return victim;
    }

    private void killed(ChildWorker victim, boolean itsStatementToo) {
        victim.kill();
        assertThat(SchemaStage.atWork(database)).as("the server goes on").isOne();
        if (itsStatementToo) {
            database.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where datname = current_database() and application_name like 'sluice schema %'");
            Watched.within(SOON, "its statement is gone", () -> SchemaStage.atWork(database) == 0);
        }
    }

    /** Taken over by the next one, which knows of a statement that goes on; then the stranger is out of the way. */
    private void taken(Run run, boolean itsStatementIsGone) {
        next.start().block(SOON);
        Watched watched = new Watched(database, run.id());
        Watched.within(SOON, "the next one has it", () -> "next".equals(watched.owner()));
        if (!itsStatementIsGone) {
            Watched.within(
                    SOON,
                    "it waits for what goes on",
                    () -> String.valueOf(database.queryString("select phase from sluice.schema_run"))
                            .contains("earlier worker"));
        }
        say("commit");
    }

    private void awaitReindexNoMore() {
        Watched.within(
                SOON,
                "the reindex is over",
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and application_name like 'sluice schema %' and state = 'active'"
                                + " and query ilike 'reindex%'")
                        == 0);
    }

    private long invalidIndexes() {
        return database.queryLong("select count(*) from pg_index where not indisvalid");
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
