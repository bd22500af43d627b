package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.LaneRange;
import io.sluice.run.KeyBounds;
import io.sluice.sql.Bindings;
import io.sluice.sql.Statements;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds keys that divide a range into stretches of about as many rows. Where there are few rows they are counted; where there
 * are many, the keys of some pages of the table, taken at random, stand for all
 * (<a href="https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM">TABLESAMPLE SYSTEM</a>), which holds for any
 * type of key, for composite ones and for partitions. How even it comes out only decides how soon a lane is done.
 */
final class KeyDivision {

    /** Up to here rows are counted: some tens of ms. */
    static final int COUNTED_UP_TO = 50_000;

    /** Pages that are sampled for each stretch. One page says little: its keys are often neighbours. */
    private static final int PAGES = 100;

    private static final double LEAST_SHARE = 0.05;

    /** How much of the table so many pages are, in percent. $1 quoted name of the table, $2 pages. */
    private static final String SAMPLE = """
            select least(100, 100.0 * $2 / greatest(1, sum(pg_relation_size(c.oid)) / current_setting('block_size')::int))::real
                       as percent,
                   greatest(1, sum(c.reltuples))::bigint as rows
              from pg_class c
             where c.relkind = 'r' and c.oid in (
                       select to_regclass($1) union select relid from pg_partition_tree(to_regclass($1)) where isleaf)
            """;

    private record Sample(float percent, long rows) {}

    private final Keyset keys;
    private final KeyLookup lookup;

    KeyDivision(Keyset keys) {
        this.keys = keys;
        this.lookup = new KeyLookup(keys);
    }

    /** Emits ranges of about as many rows that together are all up to a key: as many as asked for, fewer where rows are few. */
    Mono<List<LaneRange>> ranges(Connection connection, KeyBounds bounds, List<String> upper, int parts) {
        return cuts(connection, KeyLookup.From.of(null, bounds), upper, parts).map(cuts -> {
            List<LaneRange> ranges = new ArrayList<>();
            List<String> from = bounds.lower();
            for (List<String> cut : cuts) {
                ranges.add(new LaneRange(from, cut));
                from = cut;
            }
            ranges.add(new LaneRange(from, upper));
            return ranges;
        });
    }

    /** Emits a key that halves a range; empty when the range has not so many rows as it must have at least. */
    Mono<List<String>> middle(Connection connection, KeyLookup.@Nullable From from, List<String> upper, int least) {
        return counted(connection, from, upper)
                .filter(rows -> rows >= Math.min(least, COUNTED_UP_TO))
                .flatMap(rows -> cuts(connection, from, upper, 2, rows)
                        .flatMap(cuts -> cuts.isEmpty()
                                // none of the sampled pages lay in it: what was counted is a part, too
                                ? lookup.stretch(connection, from, upper, COUNTED_UP_TO)
                                        .map(KeyLookup.Stretch::last)
                                        .filter(key -> !key.equals(upper))
                                : Mono.just(cuts.get(0))));
    }

    private Mono<List<List<String>>> cuts(
            Connection connection, KeyLookup.@Nullable From from, List<String> upper, int parts) {
        return parts == 1
                ? Mono.just(List.of())
                : counted(connection, from, upper).flatMap(rows -> cuts(connection, from, upper, parts, rows));
    }

    private Mono<List<List<String>>> cuts(
            Connection connection, KeyLookup.@Nullable From from, List<String> upper, int parts, long rows) {
        return rows <= COUNTED_UP_TO
                ? cuts(connection, null, from, upper, parts)
                : sample(connection, from, upper, parts)
                        .flatMap(percent -> cuts(connection, percent, from, upper, parts));
    }

    /** Emits the rows of a range, counted up to a limit and a row more. */
    private Mono<Long> counted(Connection connection, KeyLookup.@Nullable From from, List<String> upper) {
        Bindings bindings = new Bindings();
        String rows = "select count(*) as n from (select 1 from " + keys.table() + " where "
                + range(from, upper, bindings) + " limit " + (COUNTED_UP_TO + 1) + ") s";
        return Statements.queryOne(
                connection, rows, row -> requireNonNull(row.get("n", Long.class)), bindings.values());
    }

    /** Emits how much of the table is read so that enough of it lies in the range, in percent. */
    private Mono<Float> sample(Connection connection, KeyLookup.@Nullable From from, List<String> upper, int parts) {
        return Statements.queryOne(
                        connection,
                        SAMPLE,
                        row -> new Sample(
                                requireNonNull(row.get("percent", Float.class)),
                                requireNonNull(row.get("rows", Long.class))),
                        keys.table(),
                        PAGES * parts)
                .zipWith(lookup.expected(connection, from, upper))
                .map(found -> (float) Math.min(
                        100,
                        found.getT1().percent
                                / Math.min(1, Math.max(LEAST_SHARE, (double) found.getT2() / found.getT1().rows))));
    }

    /** Emits the keys in order; fewer where rows are few. None is the last key of the range, so no stretch is empty. */
    private Mono<List<List<String>>> cuts(
            Connection connection,
            @Nullable Float percent,
            KeyLookup.@Nullable From from,
            List<String> upper,
            int parts) {
        Bindings bindings = new Bindings();
        String sampled = percent == null ? "" : " tablesample system (" + bindings.add(percent, "real") + ")";
        String sql = "select " + keys.texts(i -> "s." + keys.columns().get(i).quoted()) + " as key from (select "
                + keys.list() + ", row_number() over (order by " + keys.list()
                + ") as sluice_place, count(*) over () as sluice_rows from " + keys.table() + sampled + " where "
                + range(from, upper, bindings)
                + ") s where s.sluice_place in (select s.sluice_rows * i / " + parts + " from generate_series(1, "
                + (parts - 1) + ") i) order by s.sluice_place";
        return Statements.query(connection, sql, KeyLookup::key, bindings.values())
                .filter(key -> !key.equals(upper))
                .collectList();
    }

    private String range(KeyLookup.@Nullable From from, List<String> upper, Bindings bindings) {
        return keys.range(null, lookup.lower(from, bindings), keys.decoded(bindings.add(upper)));
    }
}
