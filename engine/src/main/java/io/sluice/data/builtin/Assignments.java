package io.sluice.data.builtin;

import static java.util.stream.Collectors.joining;

import io.sluice.data.Columns;
import io.sluice.data.Columns.Column;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.data.Work.SqlWork;
import io.sluice.sql.Identifier;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What an UPDATE sets. A row is still to do where any of the columns is not what it shall be, each compared by itself and with
 * NULL as a value like others: {@code a is distinct from … or b is distinct from …}.
 */
final class Assignments {

    private final Columns columns;
    private final boolean onlyNull;
    private final List<Assignment> assignments = new ArrayList<>();
    private final List<String> alongside = new ArrayList<>();

    /** @param onlyNull true: a column that has a value keeps it, whatever becomes of the others */
    Assignments(Columns columns, boolean onlyNull) {
        this.columns = columns;
        this.onlyNull = onlyNull;
    }

    /** A column and the SQL of what it shall be; the expression where that is a user's. */
    private record Assignment(
            Column column, String sql, @Nullable Expression expression) {

        boolean changesByItself() {
            return expression != null && expression.changesByItself();
        }
    }

    /** A column, qualified by its table, so that it means the same within a subquery. */
    static String own(Columns columns, Column column) {
        return Identifier.quote(columns.table().name()) + "." + column.quoted();
    }

    void value(String name, JsonNode value, Bound bound) {
        Column column = columns.writable(name);
        assignments.add(new Assignment(column, bound.add(column, value), null));
    }

    /** Sets a column to a scalar subquery of ours, the same each time. */
    void counted(String name, String subquery) {
        assignments.add(new Assignment(columns.writable(name), subquery, null));
    }

    void expression(String name, Expression expression) {
        assignments.add(new Assignment(columns.writable(name), expression.inParentheses(), expression));
    }

    /** Set wherever something else is changed; what it is now is not asked. */
    void alongside(Column column, String sql) {
        alongside.add(column.quoted() + " = " + sql);
    }

    /**
     * The UPDATE.
     *
     * @param condition of the rows to change; null: all
     * @param once true: each row once, nothing is counted or swept, for what is not the same each time; null: found out
     */
    SqlWork update(Source source, @Nullable String condition, @Nullable Boolean once) {
        boolean isOnce = once == null ? !isRepeatable() : once;
        // what is another value each time differs always, and asking may cost: nextval
        boolean asks = onlyNull || !isOnce || assignments.stream().noneMatch(Assignment::changesByItself);
        String todo = Stream.of(condition, asks ? toDo() : null)
                .filter(it -> it != null)
                .collect(joining(" and "));
        String sets = Stream.concat(assignments.stream().map(this::set), alongside.stream())
                .collect(joining(", "));
        SqlWork work = Work.sql(
                source,
                "update " + columns.table().quoted() + " set " + sets + " where {batch}"
                        + (todo.isEmpty() ? "" : " and " + todo));
        return isOnce ? work : work.remaining(todo);
    }

    /** False where doing it twice may be something else: an expression reads what is set, or is another value each time. */
    private boolean isRepeatable() {
        Set<String> written = new LinkedHashSet<>();
        assignments.forEach(it -> written.add(it.column.name()));
        return onlyNull
                || assignments.stream()
                        .map(Assignment::expression)
                        .noneMatch(it -> it != null
                                && (it.changesByItself()
                                        || it.reads(columns.table().name(), written)));
    }

    private String set(Assignment it) {
        String kept = onlyNull && assignments.size() > 1
                ? "coalesce(" + own(columns, it.column) + ", " + it.sql + ")"
                : it.sql;
        return it.column.quoted() + " = " + kept;
    }

    private String toDo() {
        return assignments.stream()
                .map(it -> onlyNull ? isMissing(it) : differs(it))
                .collect(joining(" or ", "(", ")"));
    }

    /** What an expression leaves NULL is done, else it would be left forever. */
    private String isMissing(Assignment it) {
        String missing = own(columns, it.column) + " is null";
        return it.expression == null || it.changesByItself() ? missing : missing + " and " + it.sql + " is not null";
    }

    /**
     * The value is brought to the column's type first, as the assignment does, for 1.005 is not 1.01 but becomes it. Text is
     * compared byte by byte: a collation may take different texts for the same, and two columns may have different ones.
     */
    private String differs(Assignment it) {
        String own = own(columns, it.column);
        String wanted = "(" + it.sql + ")::" + it.column.type();
        return it.column.text() && !it.column.array()
                ? own + "::text collate \"C\" is distinct from (" + wanted + ")::text collate \"C\""
                : it.column.text() || it.column.withoutEquality()
                        ? own + "::text is distinct from (" + wanted + ")::text"
                        : own + " is distinct from " + wanted;
    }
}
