package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudget;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Failure;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Promise 9: errors are kept, data is not; and what failed goes on where it stood when it is retried. */
class FailedRunIT {

    private static final String SECRET = "a-secret-value";

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.kept(Sluice.builder()
            .shard("primary", database.connectionFactory())
            .migrations(DataMigration.of(
                    "copy-label",
                    Work.sql(Source.table("items"), "update items set n = n + 1, copy = label where {batch}")))
            .data(DataSettings.DEFAULTS.withQuarantine(QuarantineBudget.NONE))
            .build());

    @BeforeEach
    void aRunThatMeetsABadRow() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0, label text, copy text)",
                "alter table items add constraint copy_is_short check (length(copy) < 5)",
                "insert into items (id, label) select g, 'ok' from generate_series(1, 1000) g",
                "update items set label = '%s' where id = 555".formatted(SECRET));
        sluice.install().block(SOON);
    }

    @Test
    void keepsTheErrorWithoutTheRowAndGoesOnAfterItsCauseIsMended() {
        Enqueue order = Enqueue.of("copy-label")
                .settings(it -> it.withBatchSize(100).withSubBatchSize(10).withBatchAttempts(2));
        sluice.enqueue(order).blockLast(SOON);

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure())
                .extracting(Failure::sqlState, Failure::constraint, Failure::table)
                .containsExactly("23514", "copy_is_short", "items");
        assertThat(failed.failure().errorClass()).contains("DataIntegrityViolation");
        assertThat(failed.failure().stack()).contains("at io.r2dbc.");
        assertThat(database.query(
                        "select attempts, status, error_sqlstate from sluice.batch where error_class is not null"))
                .containsExactly(List.of(2, "FAILED", "23514"));
        assertThat(everythingInTheLedger()).doesNotContain(SECRET);
        assertThat(database.query(
                        "select detail -> 'lower' ->> 0, detail -> 'upper' ->> 0, detail ->> 'stack' like '%at io.r2dbc.%'"
                                + " from sluice.event where kind = 'BATCH_FAILED' order by number"))
                .containsExactly(List.of("500", "600", true), List.of("500", "600", true));
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(550);

        database.execute("alter table items drop constraint copy_is_short");
        sluice.retry(failed.id()).block(SOON);
        Run retried = sluice.runOnce().blockLast(SOON);

        assertThat(retried.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(1000);
    }

    @Test
    void keepsTheFramesOfTheStackThatAreWanted() {
        Sluice picky = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                        "copy-label",
                        Work.sql(Source.table("items"), "update items set n = n + 1, copy = label where {batch}")))
                .stackFrames(frame -> frame.getClassName().startsWith("io.r2dbc.postgresql.ExceptionFactory"))
                .build());
        picky.enqueue(Enqueue.of("copy-label")
                        .settings(it -> it.withBatchSize(1_000).withSubBatchSize(1_000)))
                .blockLast(SOON);

        assertThat(picky.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.FAILED);

        for (String table : List.of("run", "quarantine")) {
            String stack =
                    database.queryString("select error_stack from sluice." + table + " where error_stack is not null");
            assertThat(stack.lines().map(String::strip).filter(line -> line.startsWith("at ")))
                    .as(table)
                    .allMatch(line -> line.startsWith("at io.r2dbc.postgresql.ExceptionFactory"));
        }
        assertThat(database.queryString("select error_stack from sluice.quarantine"))
                .contains("at io.r2dbc.postgresql.ExceptionFactory");
    }

    @Test
    void namesTheColumnThatMustNotBeNull() {
        database.execute(
                "update items set label = null where id = 555",
                "update items set copy = ''",
                "alter table items alter copy set not null");
        sluice.enqueue(Enqueue.of("copy-label").settings(it -> it.withBatchAttempts(1)))
                .blockLast(SOON);

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.failure())
                .extracting(Failure::sqlState, Failure::table, Failure::column)
                .containsExactly("23502", "items", "copy");
    }

    @Test
    void aFailureThatTheCallBehindItMadeGoodIsNoAttemptOfTheBatchThatFollows() {
        // the first call fails; the second, which is on its way already, does the whole first batch or is cut off
        database.execute("create sequence calls");
        Sluice other = story.instance(
                "one",
                DataMigration.of(
                                "once",
                                Work.sql(
                                        Source.table("items"),
                                        "update items set n = 1 / least(1, (select nextval('calls') - 1))::int where {batch}"))
                        .with(it -> it.withBatchSize(10).withSubBatchSize(10).withBatchAttempts(2)));
        other.enqueue(Enqueue.of("once")).blockLast(SOON);

        Run run = other.runOnce().blockLast(SOON);

        assertThat(database.query("select attempts, status from sluice.batch where error_class is not null"
                        + " and id > (select min(id) from sluice.batch)"))
                .as("batches behind the first that its error is counted against")
                .isEmpty();
        assertThat(database.query("select kind, (detail ->> 'batch')::bigint - (select min(id) from sluice.batch)"
                        + " from sluice.event where kind in ('BATCH_FAILED', 'BATCH_RETRIED') order by number"))
                .as("what the journal says of the first batch")
                .containsExactly(List.of("BATCH_FAILED", 0L), List.of("BATCH_RETRIED", 0L));
        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(1000);
    }

    private String everythingInTheLedger() {
        return String.valueOf(database.queryString("""
                select (select json_agg(r) from sluice.run r)::text || (select json_agg(b) from sluice.batch b)::text
                    || (select json_agg(e) from sluice.event e)::text
                """));
    }
}
