package io.sluice.schema;

import io.sluice.sql.TableName;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A schema migration as plain SQL gives it: the word of its operation, the table, and its options as a JSON object. */
final class SchemaJson {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private SchemaJson() {}

    /** Throws {@link SchemaDefinitionException} when it cannot be meant. */
    static SchemaMigration read(String operation, String table, String definition) {
        Operation known = Operation.of(operation)
                .orElseThrow(() -> new SchemaDefinitionException("unknown operation '" + operation + "'"));
        try {
            if (known == Operation.ADD_INDEX) {
                return AddIndex.of(TableName.parse(table), IndexJson.read(definition));
            }
            JsonNode options = JSON.readTree(definition);
            requireKnown(options, fields(known));
            return read(known, table, options);
        } catch (SchemaDefinitionException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new SchemaDefinitionException(
                    "the definition of " + operation + " on " + table + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Set<String> fields(Operation operation) {
        return switch (operation) {
            case ADD_INDEX, REFRESH_MATERIALIZED_VIEW, VACUUM, ANALYZE -> Set.of();
            case REMOVE_INDEX -> Set.of("name");
            case REINDEX -> Set.of("index");
            case VALIDATE_FOREIGN_KEY, VALIDATE_CONSTRAINT -> Set.of("constraint");
            case ATTACH_UNIQUE_CONSTRAINT -> Set.of("constraint", "index");
            case DETACH_PARTITION -> Set.of("partition");
            case STATEMENT -> Set.of("name", "sql", "outsideTransaction");
        };
    }

    private static SchemaMigration read(Operation operation, String table, JsonNode options) {
        return switch (operation) {
            case ADD_INDEX -> throw new IllegalArgumentException("an index is read by itself");
            case REMOVE_INDEX -> SchemaMigration.removeIndex(table, text(options, "name"));
            case REINDEX ->
                options.hasNonNull("index")
                        ? SchemaMigration.reindex(table, text(options, "index"))
                        : SchemaMigration.reindex(table);
            case VALIDATE_FOREIGN_KEY -> SchemaMigration.validateForeignKey(table, text(options, "constraint"));
            case VALIDATE_CONSTRAINT -> SchemaMigration.validateConstraint(table, text(options, "constraint"));
            case ATTACH_UNIQUE_CONSTRAINT ->
                SchemaMigration.attachUniqueConstraint(table, text(options, "constraint"), text(options, "index"));
            case DETACH_PARTITION -> SchemaMigration.detachPartition(table, text(options, "partition"));
            case REFRESH_MATERIALIZED_VIEW -> SchemaMigration.refreshMaterializedView(table);
            case VACUUM -> SchemaMigration.vacuum(table);
            case ANALYZE -> SchemaMigration.analyze(table);
            case STATEMENT ->
                options.path("outsideTransaction").asBoolean(false)
                        ? SchemaMigration.statementOutsideTransaction(
                                text(options, "name"), table, text(options, "sql"))
                        : SchemaMigration.statement(text(options, "name"), table, text(options, "sql"));
        };
    }

    private static String text(JsonNode options, String field) {
        JsonNode node = options.path(field);
        if (!node.isString() || node.asString().isBlank()) {
            throw new IllegalArgumentException("'" + field + "' is needed, a text");
        }
        return node.asString();
    }

    private static void requireKnown(JsonNode options, Set<String> known) {
        if (!options.isObject()) {
            throw new IllegalArgumentException("it is a JSON object");
        }
        for (Map.Entry<String, JsonNode> it : options.properties()) {
            if (!known.contains(it.getKey())) {
                throw new IllegalArgumentException("unknown field '" + it.getKey() + "', known are " + known);
            }
        }
    }
}
