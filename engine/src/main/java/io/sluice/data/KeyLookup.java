package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.run.KeyBounds;
import io.sluice.run.RowTotal;
import io.sluice.sql.Bindings;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Finds keys and counts rows of a table, with every value bound. Always from a key on: OFFSET only counts from there. */
final class KeyLookup {

    /** Up to here rows are counted; beyond, the planner is asked. */
    static final long COUNTED_UP_TO = 10_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();

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
        String order = keys.columns().stream().map(it -> it.quoted() + " desc").collect(Collectors.joining(", "));
        String sql = "select " + keys.texts(this::column) + " as key from " + keys.table() + where(bounds, bindings)
                + " order by " + order + " limit 1";
        return Statements.queryOne(connection, sql, row -> key(row), bindings.values());
    }

    /**
     * Emits the next keys up to a stop, at most so many. One look-up in the index; only where there are fewer they are counted.
     *
     * @param from where they begin: behind the cursor, or at the lower bound; null: at the first key
     */
    Mono<Stretch> stretch(Connection connection, @Nullable From from, List<String> stop, int most) {
        Bindings bindings = new Bindings();
        String range = keys.range(null, lower(from, bindings), keys.decoded(bindings.add(stop)));
        String rows = " from " + keys.table() + " where " + range;
        Mono<Stretch> few = Statements.queryOne(
                connection,
                "select count(*) as n" + rows,
                row -> new Stretch(requireNonNull(row.get("n", Long.class)), stop),
                bindings.values());
        Bindings many = new Bindings(bindings.values());
        String last = "select " + keys.texts(this::column) + " as key" + rows + " order by " + keys.list() + " offset "
                + many.add(most - 1, "integer") + " limit 1";
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

    /** Emits how many rows there are within the bounds: counted where they are few, else the planner's estimate. */
    Mono<RowTotal> total(Connection connection, KeyBounds bounds) {
        Bindings bindings = new Bindings();
        String rows = "select 1 from " + keys.table() + where(bounds, bindings);
        String counted = "select count(*) as n from (" + rows + " limit " + (COUNTED_UP_TO + 1) + ") s";
        return Statements.queryOne(
                        connection, counted, row -> requireNonNull(row.get("n", Long.class)), bindings.values())
                .flatMap(n -> n <= COUNTED_UP_TO
                        ? Mono.just(RowTotal.exact(n))
                        : Statements.queryOne(
                                connection,
                                "explain (format json) " + rows,
                                KeyLookup::plannedRows,
                                bindings.values()));
    }

    /** The lower end of a range, its key bound. */
    Keyset.@Nullable Lower lower(@Nullable From from, Bindings bindings) {
        return from == null ? null : new Keyset.Lower(keys.decoded(bindings.add(from.key)), from.included);
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

    private static RowTotal plannedRows(Readable row) {
        String plan = requireNonNull(row.get(0, String.class));
        return RowTotal.estimate(
                JSON.readTree(plan).path(0).path("Plan").path("Plan Rows").asLong());
    }

    private static List<String> key(Readable row) {
        return List.of(requireNonNull(row.get("key", String[].class)));
    }
}
