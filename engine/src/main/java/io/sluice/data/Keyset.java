package io.sluice.data;

import io.sluice.sql.KeyColumn;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The key of a table as SQL: conditions on it, its order, and the text of its values. Ranges are half-open, {@code (lower,
 * upper]}, and compared as rows, so one range of one index serves a composite key
 * (<a href="https://www.postgresql.org/docs/current/functions-comparisons.html#ROW-WISE-COMPARISON">row-wise comparison</a>).
 *
 * @param ledger quoted schema of the ledger, which has the functions for text that depends on settings
 * @param table quoted name of the table
 * @param columns the columns of the key, in order
 */
record Keyset(String ledger, String table, List<KeyColumn> columns) {

    Keyset {
        columns = List.copyOf(columns);
    }

    int width() {
        return columns.size();
    }

    /** {@code (k1, k2) > (…)}, or with another operator; the alias stands before each column. */
    String compare(@Nullable String alias, String operator, IntFunction<String> value) {
        return row(i -> column(alias, i)) + ' ' + operator + ' ' + row(value);
    }

    /** The columns; the alias stands before each. */
    IntFunction<String> of(@Nullable String alias) {
        return i -> column(alias, i);
    }

    /** {@code k1, k2}. */
    String list() {
        return join(i -> columns.get(i).quoted());
    }

    /**
     * The columns for ORDER BY, each with what comes behind it. With the name of the table, as a bare name would mean a column of the
     * result where there is one of that name (<a href="https://www.postgresql.org/docs/current/queries-order.html">sorting rows</a>).
     */
    String order(String behind) {
        return join(i -> table + "." + columns.get(i).quoted() + behind);
    }

    /** {@code array[…]}: the text of each column's value. */
    String texts(IntFunction<String> value) {
        return "array[" + join(i -> columns.get(i).encode(ledger, value.apply(i))) + "]";
    }

    /** The typed value of a column of a key that is a text array. */
    IntFunction<String> decoded(String array) {
        return i -> columns.get(i).decode(ledger, "(" + array + ")[" + (i + 1) + "]");
    }

    /** The condition for a range, without a lower end where the key of it is null. */
    String range(@Nullable String alias, @Nullable Lower lower, IntFunction<String> upper) {
        String end = compare(alias, "<=", upper);
        return lower == null ? end : compare(alias, lower.inclusive ? ">=" : ">", lower.value) + " and " + end;
    }

    /**
     * The query for the text of the key so many behind a lower end, in order, up to an upper one; without a row where there is none.
     * The keys are walked in a query of their own: what is selected beside an OFFSET is computed for each row that is passed over
     * (<a href="https://www.postgresql.org/docs/current/queries-limit.html">LIMIT and OFFSET</a>).
     */
    String nth(@Nullable Lower lower, IntFunction<String> upper, String offset) {
        return "select " + texts(i -> columns.get(i).quoted()) + " as key from (select " + list() + " from " + table
                + " where " + range(null, lower, upper) + " order by " + order("") + " offset " + offset
                + " limit 1) as sluice_walk";
    }

    /** The lower end of a range. */
    record Lower(IntFunction<String> value, boolean inclusive) {}

    private String column(@Nullable String alias, int index) {
        return (alias == null ? "" : alias + ".") + columns.get(index).quoted();
    }

    private String row(IntFunction<String> item) {
        return width() == 1 ? item.apply(0) : "(" + join(item) + ")";
    }

    private String join(IntFunction<String> item) {
        StringJoiner list = new StringJoiner(", ");
        for (int i = 0; i < width(); i++) {
            list.add(item.apply(i));
        }
        return list.toString();
    }
}
