package io.sluice.schema;

import io.sluice.sql.Identifier;
import io.sluice.sql.TableName;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A key of an index: a column or an expression, with its order. See <a
 * href="https://www.postgresql.org/docs/current/sql-createindex.html">CREATE INDEX</a>.
 *
 * @param column exact name of the column; null for an expression
 * @param expression SQL of the expression, put into parentheses; null for a column
 * @param opclass operator class, as in SQL; null: the default of the type
 * @param collation as in SQL; null: that of the column
 */
public record IndexKey(
        @Nullable String column,
        @Nullable String expression,
        @Nullable String opclass,
        @Nullable String collation,
        Order order,
        Nulls nulls) {

    /** The order of the values. */
    public enum Order {
        ASC,
        DESC
    }

    /** Where nulls stand. */
    public enum Nulls {
        /** First where the order is descending, last where it is ascending. */
        DEFAULT,
        FIRST,
        LAST
    }

    public IndexKey {
        if ((column == null) == (expression == null)) {
            throw new IllegalArgumentException("a key of an index is either a column or an expression");
        }
        if (column != null) {
            Identifier.quote(column);
        }
        if (expression != null && expression.isBlank()) {
            throw new IllegalArgumentException("the expression of a key is empty");
        }
        if (opclass != null) {
            TableName.parse(opclass);
        }
        if (collation != null) {
            TableName.parse(collation);
        }
    }

    public static IndexKey column(String name) {
        return new IndexKey(name, null, null, null, Order.ASC, Nulls.DEFAULT);
    }

    public static IndexKey expression(String sql) {
        return new IndexKey(null, sql, null, null, Order.ASC, Nulls.DEFAULT);
    }

    /** With an operator class: {@code text_pattern_ops}, {@code public.gin_trgm_ops}. */
    public IndexKey opclass(String name) {
        return new IndexKey(column, expression, name, collation, order, nulls);
    }

    /** With a collation: {@code "C"} in double quotes, as in SQL. */
    public IndexKey collation(String name) {
        return new IndexKey(column, expression, opclass, name, order, nulls);
    }

    public IndexKey desc() {
        return new IndexKey(column, expression, opclass, collation, Order.DESC, nulls);
    }

    public IndexKey nullsFirst() {
        return new IndexKey(column, expression, opclass, collation, order, Nulls.FIRST);
    }

    public IndexKey nullsLast() {
        return new IndexKey(column, expression, opclass, collation, order, Nulls.LAST);
    }

    /** As it stands in CREATE INDEX. */
    String sql() {
        StringBuilder sql = new StringBuilder(column == null ? "(" + expression + "\n)" : Identifier.quote(column));
        if (collation != null) {
            sql.append(" collate ").append(TableName.parse(collation).quoted());
        }
        if (opclass != null) {
            sql.append(' ').append(TableName.parse(opclass).quoted());
        }
        if (order == Order.DESC) {
            sql.append(" desc");
        }
        if (nulls != Nulls.DEFAULT) {
            sql.append(" nulls ").append(nulls.name().toLowerCase(Locale.ROOT));
        }
        return sql.toString();
    }

    /** What it adds to the name of an index that has none. */
    String word() {
        return column == null ? "expr" : column;
    }
}
