package io.sluice.data.builtin;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Fills one or several columns, with values or with SQL expressions on the row. A row on which every column is as it shall be is
 * not touched.
 *
 * <p>Arguments: {@code ["app.users", {"admin": false, "plan": "free"}, {"expressions": {"email_lower": "lower(email)"}}]}, the
 * table, the values by column, and perhaps options: {@code expressions}; {@code onlyNull} (true: fills what is NULL and leaves
 * what has a value); {@code once}; {@code where} and {@code by}.
 */
public final class BackfillColumn implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "BackfillColumn";

    private static final String SHAPE =
            "[\"table\", {\"column\": value}, {expressions: {\"column\": \"sql\"}, onlyNull, once, where, by}]";

    private final String table;
    private final Options values;
    private final Options options;

    private BackfillColumn(String table, Options values, Options options) {
        this.table = table;
        this.values = values;
        this.options = options;
    }

    /**
     * Of this table.
     *
     * @param table as in SQL: {@code users}, {@code app.users}, {@code "Order Items"}
     */
    public static BackfillColumn of(String table) {
        TableName.parse(table);
        return new BackfillColumn(table, Options.NONE, Options.NONE);
    }

    /**
     * Sets a column to a value.
     *
     * @param column its exact name
     * @param value as Jackson writes it: text, number, boolean, time, list (for an array), map (for json); null is NULL
     */
    public BackfillColumn value(String column, @Nullable Object value) {
        return new BackfillColumn(table, values.with(column, value), options);
    }

    /** Sets a column to an SQL expression on the row: {@code lower(email)}. */
    public BackfillColumn expression(String column, String sql) {
        return with(options.with("expressions", column, sql));
    }

    /** Fills what is NULL and leaves what has a value, column by column. */
    public BackfillColumn onlyNull() {
        return with(options.with("onlyNull", true));
    }

    /**
     * Says whether each row is done just once, and nothing counted or swept. By itself so where an expression reads what is set
     * ({@code price * 100}) or is known to be another one each time ({@code gen_random_uuid()}), unless {@link #onlyNull}.
     */
    public BackfillColumn once(boolean once) {
        return with(options.with("once", once));
    }

    /** Only of rows for which this SQL condition holds. */
    public BackfillColumn where(String condition) {
        return with(options.with("where", condition));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public BackfillColumn by(String index) {
        return with(options.with("by", index));
    }

    private BackfillColumn with(Options more) {
        return new BackfillColumn(table, values, more);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, values);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, BackfillColumn::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 2, "expressions", "onlyNull", "once");
        Source source = given.source();
        Map<String, JsonNode> values = given.members("argument 1, the values by column,", given.at(1));
        Map<String, String> expressions = given.texts("expressions");
        boolean onlyNull = Boolean.TRUE.equals(given.flag("onlyNull"));
        Boolean once = given.flag("once");
        if (values.isEmpty() && expressions.isEmpty()) {
            throw given.refused("there is no column to fill");
        }
        values.forEach((column, value) -> {
            if (expressions.containsKey(column)) {
                throw given.refused("column '" + column + "' is set twice");
            }
            if (onlyNull && value.isNull()) {
                throw given.refused("column '" + column + "' is NULL already where it is to be filled");
            }
        });
        return Work.sql(source.table(), columns -> {
            Bound bound = new Bound();
            Assignments set = new Assignments(columns, onlyNull);
            values.forEach((name, value) -> set.value(name, value, bound));
            expressions.forEach((name, sql) -> set.expression(name, new Expression(sql)));
            return bound.in(set.update(source, null, once));
        });
    }
}
