package io.sluice.schema;

import io.sluice.sql.Identifier;
import io.sluice.sql.TableName;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A long change of the schema, to be made outside of the deploy, by a worker: building an index, validating a constraint. It is
 * what it says; there is nothing to declare beforehand. Each has a page in {@code docs/schema-migrations/}.
 *
 * <p>Tables and views are named as in SQL: {@code users}, {@code app.users}, {@code "Order Items"}. All other names are exact.
 */
public sealed interface SchemaMigration permits AddIndex, TableChange {

    /** Which change it is, as {@code add_index}. */
    String operation();

    TableName table();

    /** The index, constraint or partition that it is about; null where it is the table itself. */
    @Nullable
    String object();

    /** The options, as the JSON object that plain SQL gives too. */
    String definition();

    /** Name of its runs; one of a name is under way at most. */
    default String name() {
        return operation() + " " + (object() == null ? "" : object() + " on ") + table();
    }

    /** CREATE INDEX CONCURRENTLY over columns, named exactly. */
    static AddIndex addIndex(String table, String... columns) {
        return addIndex(table, Arrays.stream(columns).map(IndexKey::column).toArray(IndexKey[]::new));
    }

    /** CREATE INDEX CONCURRENTLY over columns or expressions, with their order and operator classes. */
    static AddIndex addIndex(String table, IndexKey... keys) {
        return AddIndex.of(TableName.parse(table), keys);
    }

    /** DROP INDEX CONCURRENTLY; where there is no such index there is nothing to do. */
    static SchemaMigration removeIndex(String table, String index) {
        return about(Operation.REMOVE_INDEX, table, "name", index, Map.of());
    }

    /** REINDEX INDEX CONCURRENTLY. */
    static SchemaMigration reindex(String table, String index) {
        return about(Operation.REINDEX, table, "index", index, Map.of());
    }

    /** REINDEX TABLE CONCURRENTLY: all indexes of the table. */
    static SchemaMigration reindex(String table) {
        return new TableChange(Operation.REINDEX, TableName.parse(table), null, Map.of());
    }

    /** Validates a foreign key that was added NOT VALID. */
    static SchemaMigration validateForeignKey(String table, String constraint) {
        return about(Operation.VALIDATE_FOREIGN_KEY, table, "constraint", constraint, Map.of());
    }

    /** Validates a check or not-null constraint that was added NOT VALID. */
    static SchemaMigration validateConstraint(String table, String constraint) {
        return about(Operation.VALIDATE_CONSTRAINT, table, "constraint", constraint, Map.of());
    }

    /**
     * Makes a unique index a unique constraint, ADD CONSTRAINT … UNIQUE USING INDEX. The index takes the name of the constraint.
     * For a moment it needs a lock that keeps everybody out, so it is asked for again and again with a short timeout.
     */
    static SchemaMigration attachUniqueConstraint(String table, String constraint, String index) {
        Identifier.quote(index);
        return about(Operation.ATTACH_UNIQUE_CONSTRAINT, table, "constraint", constraint, Map.of("index", index));
    }

    /** DETACH PARTITION … CONCURRENTLY. */
    static SchemaMigration detachPartition(String table, String partition) {
        String quoted = TableName.parse(partition).quoted();
        return new TableChange(Operation.DETACH_PARTITION, TableName.parse(table), quoted, Map.of("partition", quoted));
    }

    /** REFRESH MATERIALIZED VIEW CONCURRENTLY; the view needs a unique index. */
    static SchemaMigration refreshMaterializedView(String view) {
        return new TableChange(Operation.REFRESH_MATERIALIZED_VIEW, TableName.parse(view), null, Map.of());
    }

    static SchemaMigration vacuum(String table) {
        return new TableChange(Operation.VACUUM, TableName.parse(table), null, Map.of());
    }

    static SchemaMigration analyze(String table) {
        return new TableChange(Operation.ANALYZE, TableName.parse(table), null, Map.of());
    }

    /**
     * One statement of your own, in a transaction with its checkpoint: it is done once. One that PostgreSQL refuses in a
     * transaction is made {@link #statementOutsideTransaction}.
     *
     * @param name of its runs: 1 to 63 bytes
     * @param table the table that it works on, of which it is the only schema run then
     */
    static SchemaMigration statement(String name, String table, String sql) {
        return statement(name, table, sql, false);
    }

    /** As {@link #statement}, outside of a transaction: after a crash in the wrong moment it is made again. */
    static SchemaMigration statementOutsideTransaction(String name, String table, String sql) {
        return statement(name, table, sql, true);
    }

    /**
     * One as plain SQL gives it to {@code enqueue_schema_migration}: {@code of("remove_index", "users", "{\"name\": \"users_a_idx\"}")}.
     *
     * @param operation its word, as {@link #operation()} gives it
     * @param definition a JSON object with the options of the operation
     * @throws SchemaDefinitionException when there is no such operation, an option is not known, or one that is needed is missing
     */
    static SchemaMigration of(String operation, String table, String definition) {
        return SchemaJson.read(operation, table, definition);
    }

    private static SchemaMigration statement(String name, String table, String sql, boolean outside) {
        if (sql.isBlank()) {
            throw new IllegalArgumentException("the statement of '" + name + "' is empty");
        }
        Map<String, Object> options = outside ? Map.of("sql", sql, "outsideTransaction", true) : Map.of("sql", sql);
        return about(Operation.STATEMENT, table, "name", name, options);
    }

    private static SchemaMigration about(
            Operation operation, String table, String key, String object, Map<String, Object> options) {
        Identifier.quote(object);
        Map<String, Object> definition = new LinkedHashMap<>(options);
        definition.put(key, object);
        return new TableChange(operation, TableName.parse(table), object, definition);
    }
}
