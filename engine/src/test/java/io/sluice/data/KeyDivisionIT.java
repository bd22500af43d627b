package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.LaneRange;
import io.sluice.ledger.LedgerName;
import io.sluice.run.KeyBounds;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Ranges of about as many rows, whatever the keys are; together they are all. */
class KeyDivisionIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MANY = 4 * KeyDivision.COUNTED_UP_TO;

    private static Database database;

    @BeforeAll
    static void create() {
        database = TestDatabase.createDatabase();
        database.execute(
                "create table few (id bigint primary key)",
                "insert into few select g * 7 from generate_series(1, 100) g",
                // half of the keys in a thousandth of the range, and in no order on disk
                "create table many (id bigint primary key, n int default 0) with (autovacuum_enabled = false)",
                "insert into many select case when g % 2 = 0 then g else 1000000000 + g * 997 end from generate_series(1, "
                        + MANY + ") g order by hashint4(g)",
                "create table parted (a int, b text, primary key (a, b)) partition by range (a)",
                "create table parted_low partition of parted for values from (0) to (30)",
                "create table parted_high partition of parted for values from (30) to (100)",
                "insert into parted select g % 100, 'k' || g from generate_series(1, " + MANY + ") g",
                "analyze");
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64})
    void fewRowsAreDividedToTheRow(int parts) {
        List<LaneRange> ranges = ranges("few", KeyBounds.NONE, parts);

        assertThat(ranges).hasSize(parts);
        assertThat(rowsIn("few", "id", ranges))
                .allSatisfy(rows -> assertThat(rows).isBetween(100L / parts, 100L / parts + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"many", "parted"})
    void ofManyRowsAFewPagesStandForAll(String table) {
        List<LaneRange> ranges = ranges(table, KeyBounds.NONE, 4);

        assertThat(ranges).hasSize(4);
        assertThat(rowsIn(table, table.equals("many") ? "id" : "a, b", ranges))
                .allSatisfy(rows -> assertThat(rows).isBetween(MANY / 10L, MANY / 2L));
    }

    @Test
    void boundsAreKept() {
        List<LaneRange> ranges = ranges("many", KeyBounds.NONE.from(1001).to(60_000), 3);

        assertThat(ranges.get(0).lower()).containsExactly("1001");
        assertThat(ranges.get(2).upper()).containsExactly("60000");
        assertThat(ranges).extracting(it -> Long.parseLong(it.upper().get(0))).isSorted();
    }

    @Test
    void moreLanesThanRowsAreAsManyAsRows() {
        assertThat(ranges("few", KeyBounds.NONE.from(7).to(21), 8)).hasSize(3);
        assertThat(ranges("few", KeyBounds.NONE.from(7).to(7), 8)).hasSize(1);
    }

    @Test
    void theMiddleHalvesARest() {
        assertThat(middle("few", null, "700", 100)).isEqualTo("350");
        assertThat(middle("few", "602", "700", 10)).isEqualTo("651");
        assertThat(Long.parseLong(middle("many", null, "" + (1_000_000_000L + 997L * MANY), 1_000)))
                .isGreaterThan(MANY / 2)
                .isLessThan(1_000_000_000L + 997L * MANY / 2);
    }

    @Test
    void aRestOfMoreThanIsCountedIsWorthItHoweverLargeABatchIs() {
        assertThat(middle("many", null, "" + (1_000_000_000L + 997L * MANY), 10_000_000))
                .isNotNull();
    }

    @Test
    void aRestOfFewRowsIsNotWorthIt() {
        assertThat(middle("few", "602", "700", 15)).isNull();
        assertThat(middle("few", "693", "700", 1)).isNull();
        assertThat(middle("few", "700", "700", 0)).isNull();
    }

    private static List<Long> rowsIn(String table, String key, List<LaneRange> ranges) {
        List<Long> rows = new ArrayList<>();
        @Nullable List<String> from = null;
        for (LaneRange range : ranges) {
            assertThat(range.lower()).isEqualTo(from);
            rows.add(database.queryLong("select count(*) from " + table + " where (" + key + ") <= "
                    + row(range.upper()) + (from == null ? "" : " and (" + key + ") > " + row(from))));
            from = range.upper();
        }
        assertThat(rows.stream().mapToLong(it -> it).sum())
                .isEqualTo(database.queryLong("select count(*) from " + table));
        return rows;
    }

    private static String row(List<String> key) {
        return "('" + String.join("', '", key) + "')";
    }

    private static List<LaneRange> ranges(String table, KeyBounds bounds, int parts) {
        return with(
                table,
                (connection, keys) -> new KeyLookup(keys)
                        .greatest(connection, bounds)
                        .flatMap(upper -> new KeyDivision(keys).ranges(connection, bounds, upper, parts)));
    }

    private static @Nullable String middle(String table, @Nullable String from, String upper, int least) {
        return with(
                table,
                (connection, keys) -> new KeyDivision(keys)
                        .middle(
                                connection,
                                from == null ? null : new KeyLookup.From(List.of(from), false),
                                List.of(upper),
                                least)
                        .map(key -> key.get(0)));
    }

    private static <T> @Nullable T with(String table, BiFunction<Connection, Keyset, Mono<T>> use) {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> new TableCatalog(new LedgerName("sluice"))
                                .keyset(connection, Source.table(table))
                                .flatMap(keys -> use.apply(connection, keys)),
                        Connection::close)
                .block(SOON);
    }
}
