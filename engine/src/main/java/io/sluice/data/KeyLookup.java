package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.run.Json;
import io.sluice.run.KeyBounds;
import io.sluice.run.RowTotal;
import io.sluice.sql.Bindings;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Finds keys and counts rows of a table, with every value bound. Always from a key on: OFFSET only counts from there. */
final class KeyLookup {

    /** Up to here rows are counted; beyond, the planner is asked. */
    static final long COUNTED_UP_TO = 10_000;

    /**
     * Rows that are alive in a table or its leaf partitions. The planner's own guess grows with the pages, so it counts what an
     * earlier migration left dead. The counters of the statistics system do not; until it has looked at a table once they may
     * have begun after a crash, and then the catalog may know more. $1 quoted name of the table.
     */
    private static final String LIVE = """
            select coalesce(sum(case when t.looked_at then t.live else greatest(t.live, t.known) end), 0)::bigint as n
              from (select pg_stat_get_live_tuples(c.oid) as live, c.reltuples::bigint as known,
                           coalesce(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid),
                                    pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))
                               is not null as looked_at
                      from pg_class c
                     where c.relkind = 'r' and c.oid in (
                               select to_regclass($1) union select relid from pg_partition_tree(to_regclass($1)) where isleaf)) t
            """;

    private final Keyset keys;

    KeyLookup(Keyset keys) {
        this.keys = keys;
    }

    /**
     * Keys of a stretch.
     *
     * @param last last key of the stretch: the one that was asked for, or the stop where there are not so many
     */
    record Stretch(long count, List<String> last) {}

    /** Emits the greatest key within the bounds; empty when there is no row. */
    Mono<List<String>> greatest(Connection connection, KeyBounds bounds) {
        Bindings bindings = new Bindings();
        String sql = "select " + keys.texts(this::column) + " as key from " + keys.table() + where(bounds, bindings)
                + " order by " + keys.order(" desc") + " limit 1";
        return Statements.queryOne(connection, sql, row -> key(row), bindings.values());
    }

    /**
     * Emits the next keys up to a stop, at most so many. One look-up in the index; only where there are fewer they are counted.
     *
     * @param from where they begin: behind the cursor, or at the lower bound; null: at the first key
     */
    Mono<Stretch> stretch(Connection connection, @Nullable From from, List<String> stop, int most) {
        Bindings bindings = new Bindings();
        Keyset.Lower lower = lower(from, bindings);
        IntFunction<String> upper = keys.decoded(bindings.add(stop));
        Mono<Stretch> few = Statements.queryOne(
                connection,
                "select count(*) as n from " + keys.table() + " where " + keys.range(null, lower, upper),
                row -> new Stretch(requireNonNull(row.get("n", Long.class)), stop),
                bindings.values());
        Bindings many = new Bindings(bindings.values());
        String last = keys.nth(lower, upper, many.add(most - 1, "integer"));
        return Statements.queryOne(connection, last, row -> new Stretch(most, key(row)), many.values())
                .switchIfEmpty(few);
    }

    /** Where a range begins. */
    record From(List<String> key, boolean included) {

        /** Behind the cursor, or where there is none yet at the lower bound. */
        static @Nullable From of(@Nullable List<String> cursor, KeyBounds bounds) {
            List<String> lower = bounds.lower();
            return cursor != null ? new From(cursor, false) : lower != null ? new From(lower, true) : null;
        }
    }

    /** Emits how many rows there are within the bounds: counted where they are few, else estimated. */
    Mono<RowTotal> total(Connection connection, KeyBounds bounds) {
        Bindings bindings = new Bindings();
        String rows = "select 1 from " + keys.table() + where(bounds, bindings);
        String counted = "select count(*) as n from (" + rows + " limit " + (COUNTED_UP_TO + 1) + ") s";
        return Statements.queryOne(
                        connection, counted, row -> requireNonNull(row.get("n", Long.class)), bindings.values())
                .flatMap(n -> n <= COUNTED_UP_TO ? Mono.just(RowTotal.exact(n)) : estimate(connection, bounds));
    }

    /** The share of the rows that the planner expects within the bounds, of those that are alive. */
    private Mono<RowTotal> estimate(Connection connection, KeyBounds bounds) {
        return live(connection)
                .flatMap(live -> planned(connection, KeyBounds.NONE)
                        .flatMap(all -> planned(connection, bounds)
                                .map(within -> live == 0 ? within : Math.round((double) live * within / all))))
                .map(rows -> RowTotal.estimate(Math.max(rows, COUNTED_UP_TO + 1)));
    }

    private Mono<Long> live(Connection connection) {
        return Statements.queryOne(connection, LIVE, row -> requireNonNull(row.get("n", Long.class)), keys.table());
    }

    private Mono<Long> planned(Connection connection, KeyBounds bounds) {
        Bindings bindings = new Bindings();
        String rows = "explain (format json) select 1 from " + keys.table() + where(bounds, bindings);
        return Statements.queryOne(connection, rows, KeyLookup::plannedRows, bindings.values());
    }

    /** The lower end of a range, its key bound. */
    Keyset.@Nullable Lower lower(@Nullable From from, Bindings bindings) {
        return from == null ? null : new Keyset.Lower(keys.decoded(bindings.add(from.key)), from.included);
    }

    /** Emits the rows that the planner expects in a range. */
    Mono<Long> expected(Connection connection, @Nullable From from, List<String> upper) {
        Bindings bindings = new Bindings();
        String rows = "explain (format json) select 1 from " + keys.table() + " where "
                + keys.range(null, lower(from, bindings), keys.decoded(bindings.add(upper)));
        return Statements.queryOne(connection, rows, KeyLookup::plannedRows, bindings.values());
    }

    /** Emits true when there is a key in a range, else false. */
    Mono<Boolean> any(Connection connection, @Nullable From from, List<String> upper) {
        Bindings bindings = new Bindings();
        // in the order of the key, or the planner might read the table for a single row of it
        String sql = "select 1 as found from " + keys.table() + " where "
                + keys.range(null, lower(from, bindings), keys.decoded(bindings.add(upper))) + " order by "
                + keys.order("") + " limit 1";
        return Statements.queryOne(connection, sql, row -> true, bindings.values())
                .defaultIfEmpty(false);
    }

    private String where(KeyBounds bounds, Bindings bindings) {
        List<String> lower = bounds.lower();
        List<String> upper = bounds.upper();
        return " where true"
                + (lower == null ? "" : " and " + keys.compare(null, ">=", keys.decoded(bindings.add(lower))))
                + (upper == null ? "" : " and " + keys.compare(null, "<=", keys.decoded(bindings.add(upper))));
    }

    private String column(int index) {
        return keys.columns().get(index).quoted();
    }

    private static long plannedRows(Readable row) {
        String plan = requireNonNull(row.get(0, String.class));
        return Json.MAPPER.readTree(plan).path(0).path("Plan").path("Plan Rows").asLong();
    }

    static List<String> key(Readable row) {
        return List.of(requireNonNull(row.get("key", String[].class)));
    }
}
