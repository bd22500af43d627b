package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.sql.TableName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** What is done to the rows: one SQL statement, code with the transaction's connection, or code over items from elsewhere. */
public sealed interface Work {

    /**
     * One INSERT, UPDATE, DELETE or MERGE in which {@code {batch}} stands for the condition that holds for the rows of the
     * sub-batch. Where more than one table has the key's column names, write {@code {batch:alias}}. A value is named
     * {@code {name}}, given by {@link SqlWork#bind} and arrives as text: {@code {limit}::integer}.
     */
    static SqlWork sql(Source source, String statement) {
        return new SqlWork(source, SqlTemplate.parse(statement), Map.of(), Map.of(), null);
    }

    /**
     * A statement that depends on the columns of a table, for a migration which is told its table by its arguments.
     *
     * @param statement called with the columns as they are, when the migration is enqueued and each time it is claimed; must give
     *     the same for the same columns
     */
    static LateWork sql(TableName table, Function<Columns, SqlWork> statement) {
        return new LateWork(table, statement);
    }

    /** Code that works on the rows of each sub-batch, in its transaction. */
    static CodeWork code(Source source, BatchCode code) {
        return new CodeWork(source, code, null);
    }

    /** Code that works on items of a source that is no table. */
    static <T> ItemWork<T> items(ItemSource<T> source, ItemCode<T> code) {
        return new ItemWork<>(source, code);
    }

    /**
     * A statement per sub-batch.
     *
     * @param bindings values for the names in the statement and in the conditions
     * @param types types of those values that are given one
     * @param remaining condition that holds for rows which are still to do; null: not declared
     */
    record SqlWork(
            Source source,
            SqlTemplate statement,
            Map<String, @Nullable String> bindings,
            Map<String, String> types,
            @Nullable String remaining)
            implements Work {

        /** Gives a name in the statement, the filter or what remains its value, as text; null is SQL's NULL. */
        public SqlWork bind(String name, @Nullable Object value) {
            Map<String, @Nullable String> more = new LinkedHashMap<>(bindings);
            more.put(name, value == null ? null : value.toString());
            return new SqlWork(source, statement, more, types, remaining);
        }

        /**
         * As {@link #bind(String, Object)}, for a value that is not text. Whether its text can be read as that type is found out
         * when the migration is enqueued.
         *
         * @param type as in a cast: {@code integer}, {@code app.mood[]}
         */
        public SqlWork bind(String name, @Nullable Object value, String type) {
            Map<String, String> typed = new LinkedHashMap<>(types);
            typed.put(name, type);
            return new SqlWork(source, statement, bindings, typed, remaining).bind(name, value);
        }

        NamedValues values() {
            return new NamedValues(bindings, types);
        }

        /**
         * Declares which rows are still to do. After the work they are counted; if any are left they are swept, at most three
         * times; rows left then fail the run with their number.
         */
        public SqlWork remaining(String condition) {
            return new SqlWork(source, statement, bindings, types, condition);
        }
    }

    /** A statement per sub-batch that is made from the columns of a table. */
    record LateWork(TableName table, Function<Columns, SqlWork> statement) implements Work {}

    /** Code per sub-batch. */
    record CodeWork(Source source, BatchCode code, @Nullable String remaining) implements Work {

        /** As {@link SqlWork#remaining}; in a sweep {@code {batch}} holds only for rows that remain. */
        public CodeWork remaining(String condition) {
            return new CodeWork(source, code, condition);
        }
    }

    /** Code per group of items. */
    record ItemWork<T>(ItemSource<T> source, ItemCode<T> code) implements Work {}

    /** The code of a {@link CodeWork}. */
    @FunctionalInterface
    interface BatchCode {

        /**
         * Works on the rows of one sub-batch. What it does on the batch's connection commits together with the checkpoint, once.
         * What it does anywhere else happens at least once: it is repeated when the transaction fails, so it must be idempotent.
         *
         * @return numbers of changed rows, added up; completing says that the sub-batch may commit, an error rolls it back
         */
        Publisher<Long> process(Batch batch);
    }

    /** The code of an {@link ItemWork}. */
    @FunctionalInterface
    interface ItemCode<T> {

        /**
         * Works on some items in their order; as {@link BatchCode#process} otherwise.
         *
         * @param connection of the transaction that also commits the cursor
         */
        Publisher<Long> process(Connection connection, List<T> items);
    }
}
