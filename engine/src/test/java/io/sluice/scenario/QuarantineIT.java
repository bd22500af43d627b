package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.BatchFailedException;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudgetException;
import io.sluice.data.RowsQuarantinedException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceMetrics;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.RetryPolicy;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Rows that cannot be migrated stand alone in the end, with their errors; all others are migrated. */
class QuarantineIT {

    private static final String SECRET = "a label that nobody may read";
    private static final String UPDATE = "update items set n = n + 1, copy = label where {batch}";

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    private final MeterRegistry meters = new SimpleMeterRegistry();

    private Sluice sluice;
    private Run run;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threePoisonRowsAmongAHundredThousandStandAloneAndARetryTakesUpOnlyThese(boolean sqlForm) {
        rows(100_000);
        poison("id in (1, 55555, 100000)");
        Source source = Source.table("items");
        worked(sqlForm ? Work.sql(source, UPDATE) : Work.code(source, batch -> batch.update(UPDATE)));

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().errorClass()).isEqualTo(RowsQuarantinedException.class.getName());
        assertThat(run.failure().message()).startsWith("QUARANTINED").contains("3");
        assertQuarantined("1 1", "55555 5", "100000 0");
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(99_997);
        assertThat(everythingInTheLedger()).doesNotContain(SECRET);

        database.execute("update items set label = 'ok' where id = 55555");
        sluice.retry(run.id()).block(SOON);
        run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertQuarantined("1 1", "100000 0");
        assertThat(sluice.quarantine(run.id())
                        .map(QuarantinedKey::attempts)
                        .collectList()
                        .block(SOON))
                .containsExactly(2, 2);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(99_998);

        assertThat(sluice.dismiss(run.id(), List.of(List.of("1", "1")))
                        .block(SOON)
                        .status())
                .isEqualTo(RunStatus.FAILED);
        assertThat(sluice.dismiss(run.id(), List.of(List.of("100000", "0")))
                        .block(SOON)
                        .status())
                .isEqualTo(RunStatus.SUCCEEDED);
        assertQuarantined();
    }

    @Test
    void whatIsInQuarantineIsNotCountedAsLeft() {
        rows(5_000);
        poison("id = 77");
        worked(Work.sql(Source.table("items"), "update items i set n = n + 1, copy = label where {batch:i}")
                .remaining("copy is null"));

        assertThat(run.failure().errorClass()).isEqualTo(RowsQuarantinedException.class.getName());
        assertQuarantined("77 7");
        assertThat(database.queryString("select string_agg(detail ->> 'phase', ' ' order by number) from sluice.event"
                        + " where kind = 'PASS'"))
                .isEqualTo("COUNTING");

        database.execute("update items set label = 'ok' where id = 77");
        sluice.retry(run.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(5_000);
    }

    @Test
    void whenTooMuchFailsTheRunIsGivenUpEarly() {
        rows(20_000);
        poison("id between 5001 and 5100");
        worked(Work.sql(Source.table("items"), UPDATE));

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().errorClass()).isEqualTo(QuarantineBudgetException.class.getName());
        assertThat(run.failure().message()).contains("51 rows in quarantine", "50 rows");
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(5_000);
        assertThat(database.queryLong("select count(*) from sluice.event where kind = 'ROW_QUARANTINED'"))
                .isEqualTo(51);

        // the cause is mended: one retry takes up what was given up, and what is left
        database.execute("update items set label = 'ok'");
        sluice.retry(run.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(20_000);
        assertQuarantined();
    }

    @Test
    void ofAFewRowsAShareIsTooMuch() {
        rows(1_000);
        poison("id % 90 = 0");
        worked(Work.sql(Source.table("items"), UPDATE));

        assertThat(run.failure().errorClass()).isEqualTo(QuarantineBudgetException.class.getName());
        assertThat(run.failure().message()).contains("11 rows in quarantine", "1.0 % of all");
    }

    /** As when somebody mends it, or deletes it and its neighbour is next: no row is given up that nobody tried. */
    @Test
    void aRowThatIsGoodByTheTimeItStandsAloneIsMigrated() {
        rows(100);
        database.execute("alter table items drop constraint items_pkey, drop column part, add primary key (id)");
        AtomicInteger alone = new AtomicInteger();
        worked(Work.code(Source.table("items"), batch -> {
            long before =
                    batch.lower() == null ? 0 : Long.parseLong(batch.lower().get(0));
            long last = Long.parseLong(batch.upper().get(0));
            boolean isBad = before < 77 && last >= 77 && (last - before > 1 || alone.getAndIncrement() == 0);
            return batch.update(isBad ? "update items set n = n / 0 where {batch}" : UPDATE);
        }));

        assertThat(alone).hasValue(2);
        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(100);
        assertThat(database.queryLong("select count(*) from sluice.quarantine")).isZero();
        assertThat(database.queryLong("select sum(rows_changed) from sluice.lane"))
                .isEqualTo(100);
        assertThat(meters.get("sluice.changed.rows").counter().count())
                .as("rows that observers were told of")
                .isEqualTo(100);
    }

    /** The error comes with the commit, when the row was passed already. */
    @Test
    void aRowThatFailsWhenItIsCommittedStandsAloneAsWell() {
        rows(200);
        database.execute(
                "create table labels (label text primary key)",
                "insert into labels values ('ok')",
                "update items set label = 'gone' where id = 77",
                "alter table items add constraint known foreign key (copy) references labels"
                        + " deferrable initially deferred");
        worked(Work.sql(Source.table("items"), UPDATE));

        assertThat(run.failure().errorClass()).isEqualTo(RowsQuarantinedException.class.getName());
        assertQuarantined("77 7");
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(199);
    }

    @Test
    void anErrorOfNoSingleRowFailsTheRunAtItsBatch() {
        rows(1_000);
        worked(Work.code(Source.table("items"), batch -> batch.update("update nowhere set n = n + 1 where {batch}")));

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("42P01");
        assertThat(run.failure().stack()).contains(BatchFailedException.class.getName());
        assertQuarantined();
    }

    @Test
    void anErrorOfNoSingleRowIsNotBlamedOnRowsOfABatchThatIsSplitAlready() {
        rows(3_000);
        poison("id = 77");
        // the poison row is found; soon after a column is unknown to everybody
        worked(Work.code(
                Source.table("items"),
                batch -> batch.update(UPDATE)
                        .flatMap(changed -> batch.lower() != null
                                        && Long.parseLong(batch.lower().get(0)) >= 1_000
                                ? batch.update("update items set nowhere = 1 where {batch}")
                                : Mono.just(changed))));

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("42703");
        assertQuarantined("77 7");
    }

    @Test
    void aRetryLeavesAloneWhatIsInTheNewFormByNow() {
        rows(100);
        poison("id = 7");
        worked(Work.sql(Source.table("items"), "update items set n = n + 1, copy = label where {batch}")
                .remaining("copy is null"));
        database.execute("update items set label = 'ok', copy = 'ok', n = 1 where id = 7");

        sluice.retry(run.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and copy = label"))
                .isEqualTo(100);
    }

    @Test
    void aSubBatchThatTakesTooLongIsHalvedAndSpendsNoAttempt() {
        rows(200);
        database.execute("create function slow(ms int) returns boolean language plpgsql volatile as"
                + " $$ begin perform pg_sleep(ms / 1000.0); return true; end $$");
        worked(
                Work.sql(Source.table("items"), "update items set n = n + 1 where {batch} and slow(3)"),
                DataSettings.DEFAULTS.withLimits(DataSettings.DEFAULTS.limits().withStatement(Duration.ofMillis(300))));

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(200);
        assertThat(database.queryLong("select count(*) from sluice.event where kind like 'BATCH%'"))
                .isZero();
        assertThat(database.queryLong("select sub_batches from sluice.lane")).isGreaterThanOrEqualTo(3);
    }

    private void rows(int count) {
        database.execute(
                "create table items (id bigint, part text, n int not null default 0, label text, copy text,"
                        + " primary key (id, part))",
                "insert into items (id, part, label) select g, g % 10, 'ok' from generate_series(1, " + count + ") g");
    }

    private void poison(String which) {
        database.execute(
                "alter table items add constraint copy_is_short check (length(copy) < 5)",
                "update items set label = '" + SECRET + "' where " + which,
                "analyze items");
    }

    private void worked(Work work) {
        worked(work, DataSettings.DEFAULTS);
    }

    private void worked(Work work, DataSettings settings) {
        sluice = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of("copy-label", work))
                .metrics(SluiceMetrics.of(meters))
                .data(settings.withBatchRetries(new RetryPolicy(5, Duration.ofMillis(1), Duration.ofMillis(5))))
                .build());
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("copy-label").settings(it -> it.withSubBatchSize(1_000)))
                .blockLast(SOON);
        run = sluice.runOnce().blockLast(SOON);
    }

    private void assertQuarantined(String... keys) {
        assertThat(sluice.quarantine(run.id())
                        .map(it -> String.join(" ", it.key()))
                        .collectList()
                        .block(SOON))
                .containsExactly(keys);
    }

    private String everythingInTheLedger() {
        return String.valueOf(database.queryString("""
                select (select json_agg(r) from sluice.run r)::text || (select json_agg(b) from sluice.batch b)::text
                    || (select json_agg(q) from sluice.quarantine q)::text || (select json_agg(e) from sluice.event e)::text
                """));
    }
}
