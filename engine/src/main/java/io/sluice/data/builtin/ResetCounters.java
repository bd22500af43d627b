package io.sluice.data.builtin;

import io.sluice.data.Columns;
import io.sluice.data.Columns.Column;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Sets columns that count related rows to their number. A row whose counters are all right is not touched. The columns by which
 * the related rows are found need an index, as they are counted for each row.
 *
 * <p>Arguments: {@code ["app.posts", {"comments_count": {"table": "app.comments", "on": {"post_id": "id"}}}, {"touch": true}]}: the
 * table, the {@link RelatedRows} by counter, and perhaps options: {@code touch} (true: updated_at and updated_on, those that
 * there are; a name or an array of names: these columns, too), {@code time} (what they are set to, now by default), {@code where}
 * and {@code by}.
 */
public final class ResetCounters implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "ResetCounters";

    private static final String SHAPE = "[\"table\", {\"counter\": {table, on: {\"its column\": \"own column\"}, where,"
            + " through}}, {touch: true or \"column\" or [\"column\", …], time, where, by}]";

    private static final List<String> TIMESTAMPS = List.of("updated_at", "updated_on");

    private final String table;
    private final Options counters;
    private final Options options;

    private ResetCounters(String table, Options counters, Options options) {
        this.table = table;
        this.counters = counters;
        this.options = options;
    }

    /**
     * Of this table.
     *
     * @param table as in SQL: {@code posts}, {@code app.posts}, {@code "Order Items"}
     */
    public static ResetCounters of(String table) {
        TableName.parse(table);
        return new ResetCounters(table, Options.NONE, Options.NONE);
    }

    /** Sets this column to the number of related rows. */
    public ResetCounters counter(String column, RelatedRows counted) {
        return new ResetCounters(table, counters.with(column, counted.options()), options);
    }

    /** Sets updated_at and updated_on, those that there are, and these columns to the time, where a counter is changed. */
    public ResetCounters touch(String... columns) {
        return with(options.with("touch", columns.length == 0 ? true : List.of(columns)));
    }

    /** Touches with this time instead of that of the transaction. */
    public ResetCounters time(Instant time) {
        return with(options.with("time", time.toString()));
    }

    /** Only of rows for which this SQL condition holds. */
    public ResetCounters where(String condition) {
        return with(options.with("where", condition));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public ResetCounters by(String index) {
        return with(options.with("by", index));
    }

    private ResetCounters with(Options more) {
        return new ResetCounters(table, counters, more);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, counters);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, ResetCounters::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 2, "touch", "time");
        Source source = given.source();
        Map<String, String> counts = new LinkedHashMap<>();
        given.members("argument 1, the related rows by counter,", given.at(1))
                .forEach((column, related) -> counts.put(
                        column,
                        "(select count(*) "
                                + RelatedRows.sql(given, "the rows of '" + column + "'", related, source.table())
                                + ")"));
        List<String> touched = touched(given);
        JsonNode time = given.option("time");
        if (counts.isEmpty()) {
            throw given.refused("there is no counter");
        }
        if (time != null && touched.isEmpty()) {
            throw given.refused("a time is for columns to touch, and none is touched");
        }
        return Work.sql(source.table(), columns -> {
            Bound bound = new Bound();
            Assignments set = new Assignments(columns, false);
            counts.forEach(set::counted);
            for (Column column : existing(given, columns, touched)) {
                set.alongside(column, time == null ? "now()" : bound.add(column, time));
            }
            return bound.in(set.update(source, null, false));
        });
    }

    private static List<String> touched(Given given) {
        JsonNode touch = given.option("touch");
        if (touch == null || touch.isBoolean()) {
            return touch == null || !touch.booleanValue() ? List.of() : TIMESTAMPS;
        }
        List<String> columns = new ArrayList<>(TIMESTAMPS);
        columns.addAll(given.texts("option 'touch'", touch));
        return columns;
    }

    /** Of the usual timestamps those that there are; what is named must be there. */
    private static Set<Column> existing(Given given, Columns columns, List<String> touched) {
        Set<Column> existing = new LinkedHashSet<>();
        touched.stream()
                .filter(name -> !TIMESTAMPS.contains(name) || columns.has(name))
                .forEach(name -> existing.add(columns.writable(name)));
        if (!touched.isEmpty() && existing.isEmpty()) {
            throw given.refused("there is neither updated_at nor updated_on to touch; name a column");
        }
        return existing;
    }
}
