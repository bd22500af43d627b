package io.sluice.data;

import io.sluice.sql.TableName;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a migration walks: those of a table or partitioned table, in the order of its primary key or of a named unique
 * index over columns that are not null.
 *
 * @param table the table
 * @param index name of the unique index to walk by; null: the primary key
 * @param filter condition on a row; rows that do not match are passed without being worked on; null: all rows
 */
public record Source(
        TableName table, @Nullable String index, @Nullable String filter) {

    /**
     * All rows of a table, by its primary key.
     *
     * @param name as in SQL: {@code users}, {@code app.users}, {@code "Order Items"}
     */
    public static Source table(String name) {
        return new Source(TableName.parse(name), null, null);
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public Source by(String index) {
        return new Source(table, index, filter);
    }

    /** Works only on rows for which this SQL condition holds. The walk itself still passes every key, in bounded steps. */
    public Source where(String condition) {
        return new Source(table, index, condition);
    }
}
