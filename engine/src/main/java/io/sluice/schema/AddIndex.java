package io.sluice.schema;

import io.sluice.sql.Identifier;
import io.sluice.sql.TableName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An index to be built: {@link SchemaMigration#addIndex}. Each method makes another one. On a partitioned table it is one run
 * which builds the index of each partition.
 */
public final class AddIndex implements SchemaMigration {

    private final TableName table;
    private final IndexDefinition index;

    private AddIndex(TableName table, IndexDefinition index) {
        this.table = table;
        this.index = index;
    }

    static AddIndex of(TableName table, IndexKey... keys) {
        return new AddIndex(table, IndexDefinition.of(table.name(), List.of(keys)));
    }

    static AddIndex of(TableName table, IndexDefinition index) {
        return new AddIndex(table, index);
    }

    /** Exact name of the index, 1 to 63 bytes; default: made of those of the table and the keys. It lies in the table's schema. */
    public AddIndex name(String name) {
        Identifier.quote(name);
        return with(index.withName(name));
    }

    public AddIndex unique() {
        return with(index.withUnique(true));
    }

    /** For a unique index: nulls are equal (PostgreSQL 15 and newer). */
    public AddIndex nullsNotDistinct() {
        return with(index.withNullsNotDistinct());
    }

    /** Index method: {@code btree} (default), {@code gin}, {@code gist}, {@code brin}, {@code hash}, …. */
    public AddIndex using(String method) {
        Identifier.quote(method);
        return with(index.withMethod(method));
    }

    /** Columns that are in the index without being keys. */
    public AddIndex include(String... columns) {
        Arrays.stream(columns).forEach(Identifier::quote);
        return with(index.withInclude(List.of(columns)));
    }

    /** Only rows that match this condition, in SQL. */
    public AddIndex where(String condition) {
        if (condition.isBlank()) {
            throw new IllegalArgumentException("the condition of index " + index.name() + " is empty");
        }
        return with(index.withWhere(condition));
    }

    /** A storage parameter: {@code fillfactor}, {@code fastupdate}, …; letters, digits, dot, dash and underscore. */
    public AddIndex storage(String parameter, Object value) {
        Map<String, String> parameters = new LinkedHashMap<>(index.storage());
        parameters.put(parameter, String.valueOf(value));
        return with(index.withStorage(parameters));
    }

    /** ANALYZE of the table when the index is built: for expressions, of which the planner knows nothing before. */
    public AddIndex analyze() {
        return with(index.withAnalyze());
    }

    @Override
    public String operation() {
        return Operation.ADD_INDEX.word();
    }

    @Override
    public TableName table() {
        return table;
    }

    @Override
    public String object() {
        return index.name();
    }

    @Override
    public String definition() {
        return index.toJson();
    }

    private AddIndex with(IndexDefinition changed) {
        return new AddIndex(table, changed);
    }

    @Override
    public String toString() {
        return name() + " (" + new ArrayList<>(index.keys()) + ")";
    }
}
