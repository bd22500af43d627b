package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever orderable type the key has, every row is passed once: in both forms, with bounds, with settings that differ. */
class KeysOfEveryTypeIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final AtomicInteger TABLES = new AtomicInteger();

    /** What the argument of the one migration stands for. */
    private static final Map<String, Work> WORKS = new ConcurrentHashMap<>();

    private static Database database;
    private static Sluice sluice;

    /** How the work is stated. */
    enum Form {
        SQL {
            @Override
            Work work(Source source, String statement) {
                return Work.sql(source, statement);
            }
        },
        CODE {
            @Override
            Work work(Source source, String statement) {
                return Work.code(source, batch -> batch.update(statement));
            }
        };

        abstract Work work(Source source, String statement);
    }

    @BeforeAll
    static void install() {
        database = TestDatabase.createDatabase();
        KeyCase.all().flatMap(it -> it.setup().stream()).forEach(database::execute);
        sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of("count", arguments -> WORKS.get(arguments.text(0)))
                        .with(it -> it.withBatchSize(30).withSubBatchSize(7)))
                .build();
        sluice.install().block(SOON);
    }

    @AfterAll
    static void close() {
        sluice.close().block(SOON);
        database.close();
    }

    static Stream<Arguments> keysInBothForms() {
        return KeyCase.all().flatMap(it -> Stream.of(Form.values()).map(form -> Arguments.of(it, form)));
    }

    @ParameterizedTest
    @MethodSource("keysInBothForms")
    void everyRowIsPassedOnce(KeyCase key, Form form) {
        String table = table(key, 100);

        Progress end = migrated(form.work(key.source(table), "update " + table + " set n = n + 1 where {batch}"));

        assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                .isEqualTo(100);
        assertThat(end.rowsSeen()).isEqualTo(100);
        assertThat(end.rowsChanged()).isEqualTo(100);
    }

    /** Of the SQL form the lanes below have them, and by day that is enough. */
    static Stream<Arguments> keysWithBounds() {
        return keysInBothForms().filter(it -> Boolean.getBoolean("sluice.nightly") || it.get()[1] == Form.CODE);
    }

    @ParameterizedTest
    @MethodSource("keysWithBounds")
    void boundsIncludeBothEnds(KeyCase key, Form form) {
        String table = table(key, 100);
        Object[] lower = keyAt(key, table, 19);
        Object[] upper = keyAt(key, table, 79);

        Progress end = migrated(
                form.work(key.source(table), "update " + table + " set n = n + 1 where {batch}"),
                order -> order.from(lower).to(upper));

        assertThat(database.queryString("select string_agg(n::text, '' order by " + key.names() + ") from " + table))
                .isEqualTo("0".repeat(19) + "1".repeat(61) + "0".repeat(20));
        assertThat(end.rowsSeen()).isEqualTo(61);
    }

    @ParameterizedTest
    @MethodSource("io.sluice.scenario.KeyCase#all")
    void inLanesEveryRowIsPassedOnceAndBoundsIncludeBothEnds(KeyCase key) {
        String table = table(key, 100);
        Object[] lower = keyAt(key, table, 19);
        Object[] upper = keyAt(key, table, 79);

        Progress end = migrated(
                Work.sql(key.source(table), "update " + table + " set n = n + 1 where {batch}"),
                order -> order.from(lower)
                        .to(upper)
                        .settings(it -> it.withBatchSize(5).withSubBatchSize(3).withLanes(3)));

        assertThat(database.queryString("select string_agg(n::text, '' order by " + key.names() + ") from " + table))
                .isEqualTo("0".repeat(19) + "1".repeat(61) + "0".repeat(20));
        assertThat(end.rowsSeen()).isEqualTo(61);
        assertThat(
                        database.queryLong(
                                "select count(distinct lane) from sluice.batch where run_id = (select max(id) from sluice.run)"))
                .isGreaterThanOrEqualTo(3);
    }

    /** All of them at night. */
    static Stream<KeyCase> keysOfQuarantine() {
        Set<String> some =
                Set.of("uuid", "timestamptz", "numeric", "text in the German way", "an enum", "a unique index");
        return KeyCase.all().filter(it -> Boolean.getBoolean("sluice.nightly") || some.contains(it.type()));
    }

    @ParameterizedTest
    @MethodSource("keysOfQuarantine")
    void aBadRowStandsAloneAndARetryDoesJustThat(KeyCase key) {
        String table = table(key, 100);
        Object[] bad = keyAt(key, table, 37);
        database.execute(
                "alter table " + table + " add column bad int not null default 0",
                "update %1$s set bad = 1 where (%2$s) = (select %2$s from %1$s order by %2$s offset 37 limit 1)"
                        .formatted(table, key.names()));
        String name = "work " + WORKS.size();
        WORKS.put(name, Work.sql(key.source(table), "update " + table + " set n = n + 1 / (1 - bad) where {batch}"));
        Run run = sluice.enqueue(Enqueue.of("count").arguments(name).settings(it -> it.withBatchAttempts(1)))
                .blockLast(SOON)
                .run();

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.failure().message()).startsWith("QUARANTINED");
        assertThat(sluice.quarantine(run.id()).collectList().block(SOON))
                .singleElement()
                .satisfies(it -> assertThat(it.key()).containsExactly((String[]) bad));
        assertThat(database.queryLong("select count(*) from " + table + " where n = 1 and bad = 0"))
                .isEqualTo(99);
        database.execute("update " + table + " set bad = 0");
        sluice.retry(run.id()).block(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                .isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 7})
    void moreLanesThanRowsAreNoHarm(int rows) {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, rows);

        Progress end = migrated(
                Work.sql(key.source(table), "update " + table + " set n = n + 1 where {batch}"),
                order -> order.settings(it -> it.withLanes(8)));

        assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                .isEqualTo(rows);
        assertThat(end.rowsSeen()).isEqualTo(rows);
    }

    @ParameterizedTest
    @EnumSource
    void aTableOfOneRowIsOneSubBatch(Form form) {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, 1);

        Progress end = migrated(form.work(key.source(table), "update " + table + " set n = n + 1 where {batch}"));

        assertThat(database.queryLong("select sum(n) from " + table)).isEqualTo(1);
        assertThat(end.rowsSeen()).isEqualTo(1);
        assertThat(end.rowsChanged()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyTableSucceedsAtOnce(Form form) {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, 0);

        Progress end = migrated(form.work(key.source(table), "update " + table + " set n = n + 1 where {batch}"));

        assertThat(end.rowsSeen()).isZero();
        assertThat(end.total().rows()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aRangeWithoutRowsSucceedsAtOnce(Form form) {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, 100);

        Progress end = migrated(
                form.work(key.source(table), "update " + table + " set n = n + 1 where {batch}"),
                order -> order.from(5000).to(6000));

        assertThat(end.rowsSeen()).isZero();
        assertThat(database.queryLong("select max(n) from " + table)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aFilterLeavesTheOtherRowsAlone(Form form) {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, 100);

        Progress end = migrated(form.work(
                key.source(table).where("k % 2 = 0 or k < 0"), "update " + table + " set n = n + 1 where {batch}"));

        assertThat(database.queryLong(
                        "select count(*) from " + table + " where n = case when k % 2 = 0 then 1 else 0 end"))
                .isEqualTo(100);
        assertThat(end.rowsSeen()).isEqualTo(100);
        assertThat(end.rowsChanged()).isEqualTo(50);
    }

    @ParameterizedTest
    @EnumSource
    void namesNeedNotBeOrdinary(Form form) {
        String table = "\"Order Items " + TABLES.incrementAndGet() + "\".\"weird \"\"name\"\"\"";
        database.execute(
                "create schema " + table.substring(0, table.indexOf('.')),
                "create table " + table
                        + " (\"Key \"\"1\"\" of $1\" int, \"select\" text, \"n\" int not null default 0,"
                        + " primary key (\"Key \"\"1\"\" of $1\", \"select\"))",
                "insert into " + table + " select g / 10, 'x' || g from generate_series(1, 100) g");

        migrated(form.work(Source.table(table), "update " + table + " set n = n + 1 where {batch}"));

        assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                .isEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource({"SQL, 2", "CODE, 1"})
    void aKeyMayBeCalledAsWhatIsInside(Form form, int lanes) {
        for (String name : List.of("key", "array", "found", "lower", "stop", "state", "bound", "sluice_open", "t")) {
            String table = "named_" + TABLES.incrementAndGet();
            database.execute(
                    "create table " + table + " (\"" + name + "\" bigint primary key, n int not null default 0)",
                    "insert into " + table + " select g from generate_series(1, 100) g");

            Progress end = migrated(
                    form.work(Source.table(table), "update " + table + " set n = n + 1 where {batch}"),
                    order -> order.settings(it -> it.withLanes(lanes)));

            assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                    .as(name)
                    .isEqualTo(100);
            assertThat(end.rowsSeen()).as(name).isEqualTo(100);
        }
    }

    @Test
    void anAliasTellsTheKeyFromThatOfAnotherTable() {
        KeyCase key = KeyCase.all().findFirst().orElseThrow();
        String table = table(key, 100);
        String other = table(key, 100);

        migrated(Work.sql(
                Source.table(table),
                "update " + table + " t set n = t.n + o.n + 1 from " + other + " o where o.k = t.k and {batch:t}"));

        assertThat(database.queryLong("select count(*) from " + table + " where n = 1"))
                .isEqualTo(100);
    }

    private static String table(KeyCase key, int rows) {
        String table = "keys_" + TABLES.incrementAndGet();
        database.execute(key.create(table, rows).toArray(String[]::new));
        return table;
    }

    private static Object[] keyAt(KeyCase key, String table, int offset) {
        return (String[]) database.query("select " + key.texts() + " from " + table + " order by " + key.names()
                        + " offset " + offset + " limit 1")
                .get(0)
                .get(0);
    }

    private static Progress migrated(Work work) {
        return migrated(work, order -> order);
    }

    /** Runs it to its end with batches of 30 and sub-batches of 7, so that neither divides the rows. */
    private static Progress migrated(Work work, UnaryOperator<Enqueue> bounds) {
        String name = "work " + WORKS.size();
        WORKS.put(name, work);
        Enqueue order = Enqueue.of("count").arguments(name);
        Run run = sluice.enqueue(bounds.apply(order)).blockLast(SOON).run();

        List<Run> runs = sluice.runOnce().collectList().block(SOON);

        assertThat(runs).extracting(Run::status, Run::failure).containsExactly(tuple(RunStatus.SUCCEEDED, null));
        return sluice.progress(run.id()).blockLast(SOON);
    }
}
