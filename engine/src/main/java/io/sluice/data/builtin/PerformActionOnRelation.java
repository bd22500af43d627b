package io.sluice.data.builtin;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Deletes or updates the rows of a condition.
 *
 * <p>Arguments: {@code ["app.users", {"status": ["spam", "gone"], "kept_at": null}, "delete"]} or {@code ["app.users", {"status":
 * "trial"}, "update", {"updates": {"plan": "free"}}]}: the table, the condition by column (a value: equal; null: IS NULL; an
 * array: any of its elements), the action, and perhaps options: {@code updates} and {@code expressions} by column; {@code once};
 * {@code where}, a condition in SQL, besides the other or instead of it; {@code by}.
 */
public final class PerformActionOnRelation implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "PerformActionOnRelation";

    private static final String SHAPE = "[\"table\", {\"column\": value or [values]}, \"delete\" or \"update\","
            + " {updates: {\"column\": value}, expressions: {\"column\": \"sql\"}, once, where, by}]";

    private final String table;
    private final Options condition;
    private final String action;
    private final Options options;

    private PerformActionOnRelation(String table, Options condition, String action, Options options) {
        this.table = table;
        this.condition = condition;
        this.action = action;
        this.options = options;
    }

    /**
     * Deletes rows of this table.
     *
     * @param table as in SQL: {@code users}, {@code app.users}, {@code "Order Items"}
     */
    public static PerformActionOnRelation delete(String table) {
        TableName.parse(table);
        return new PerformActionOnRelation(table, Options.NONE, "delete", Options.NONE);
    }

    /** Updates rows of this table; say what to {@link #set}. */
    public static PerformActionOnRelation update(String table) {
        TableName.parse(table);
        return new PerformActionOnRelation(table, Options.NONE, "update", Options.NONE);
    }

    /**
     * Only rows with this value in a column.
     *
     * @param value null: none; a list: any of its elements
     */
    public PerformActionOnRelation having(String column, @Nullable Object value) {
        return new PerformActionOnRelation(table, condition.with(column, value), action, options);
    }

    /** Only rows for which this SQL condition holds. */
    public PerformActionOnRelation where(String condition) {
        return with(options.with("where", condition));
    }

    /** Sets a column to a value, as {@link BackfillColumn#value}. */
    public PerformActionOnRelation set(String column, @Nullable Object value) {
        return with(options.with("updates", column, value));
    }

    /** Sets a column to an SQL expression on the row. */
    public PerformActionOnRelation setExpression(String column, String sql) {
        return with(options.with("expressions", column, sql));
    }

    /**
     * As {@link BackfillColumn#once(boolean)}. By itself so, too, where the condition in SQL depends on the time: some rows come
     * to fulfil it while it runs.
     */
    public PerformActionOnRelation once(boolean once) {
        return with(options.with("once", once));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public PerformActionOnRelation by(String index) {
        return with(options.with("by", index));
    }

    private PerformActionOnRelation with(Options more) {
        return new PerformActionOnRelation(table, condition, action, more);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, condition, action);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, PerformActionOnRelation::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 3, "updates", "expressions", "once");
        Source source = given.source();
        Map<String, JsonNode> wanted = given.members("argument 1, the condition by column,", given.at(1));
        String action = given.text("argument 2, the action,", given.at(2));
        Map<String, JsonNode> updates = given.members("updates");
        Map<String, String> expressions = given.texts("expressions");
        String where = source.filter();
        Boolean said = given.flag("once");
        boolean passing = where != null && new Expression(where).changesByItself();
        Boolean once = (said == null && passing) ? Boolean.TRUE : said;
        requireAction(
                given,
                action,
                Stream.concat(updates.keySet().stream(), expressions.keySet().stream())
                        .toList());
        if (wanted.isEmpty() && where == null) {
            throw given.refused("there is no condition; if every row is meant, say {\"where\": \"true\"}");
        }
        return Work.sql(source.table(), columns -> {
            Bound bound = new Bound();
            String condition = wanted.isEmpty() ? "true" : Condition.of(columns, wanted, bound);
            if (action.equals("delete")) {
                return bound.in(
                        Boolean.TRUE.equals(once) ? Deletion.once(source, condition) : Deletion.of(source, condition));
            }
            Assignments set = new Assignments(columns, false);
            updates.forEach((name, value) -> set.value(name, value, bound));
            expressions.forEach((name, sql) -> set.expression(name, new Expression(sql)));
            return bound.in(set.update(source, condition, once));
        });
    }

    private static void requireAction(Given given, String action, List<String> columns) {
        if (!Set.of("delete", "update").contains(action)) {
            throw given.refused("argument 2, the action, must be delete or update, was " + action);
        }
        if (action.equals("delete") != columns.isEmpty()) {
            throw given.refused(
                    action + (columns.isEmpty() ? " sets no column" : " sets no columns, was to set " + columns));
        }
        if (Set.copyOf(columns).size() < columns.size()) {
            throw given.refused("a column is set twice, in " + columns);
        }
    }
}
