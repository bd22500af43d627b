package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.ledger.TableInUseException;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Two schema runs never work on one table, or on two partitions of one, over all instances. */
class OneSchemaRunATableIT {

    private final Database database = TestDatabase.createDatabase();
    private final Sluice one = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);
    private final Sluice two = SchemaStage.instance(database, "two", SchemaStage.AT_ONCE);

    @BeforeEach
    void create() {
        database.execute(
                "create table a (n int)",
                "create table b (n int)",
                "create table c (n int) partition by list (n)",
                "create table c_1 partition of c for values in (1)",
                "create table c_2 partition of c for values in (2)");
        one.install().block(SOON);
    }

    @AfterEach
    void close() {
        one.close().block(SOON);
        two.close().block(SOON);
        database.close();
    }

    @Test
    void tenRunsOnThreeTablesByTwoInstancesNeverMeetOnOne() {
        List<Run> runs = new ArrayList<>();
        String[] tables = {"a", "b", "c", "c_1", "c_2"};
        for (int i = 0; i < 10; i++) {
            String table = tables[i % 5];
            runs.add(SchemaStage.enqueued(one, SchemaMigration.statement("run-" + i, table, "select pg_sleep(0.1)")));
        }

        one.start().block(SOON);
        two.start().block(SOON);

        for (Run run : runs) {
            new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        }
        assertThat(database.queryLong("""
                with span as (
                    select r.id, s.root_table, r.started_at, r.finished_at
                      from sluice.run r join sluice.schema_run s on s.run_id = r.id)
                select count(*) from span x join span y on x.id < y.id and x.root_table = y.root_table
                   and x.started_at < y.finished_at and y.started_at < x.finished_at"""))
                .as("runs that worked on one table at one time")
                .isZero();
        assertThat(database.queryLong("select count(distinct root_table) from sluice.schema_run"))
                .isEqualTo(3);
    }

    @Test
    void aForegroundCallerIsToldWhoHasTheTable() {
        Connection stranger = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(stranger, "begin; lock table c_1 in row exclusive mode")
                .block(SOON);
        Run first = SchemaStage.enqueued(one, SchemaMigration.addIndex("c_1", "n"));
        one.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");

        assertThatThrownBy(() -> SchemaStage.enqueued(
                        two, EnqueueSchema.of(SchemaMigration.analyze("c_2")).inline()))
                .isInstanceOf(TableInUseException.class)
                .hasMessageContainingAll("run " + first.id(), "add_index c_1_n_idx on c_1");

        Statements.script(stranger, "commit").block(SOON);
        new Watched(database, first.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        Mono.from(stranger.close()).block(SOON);
    }
}
