package io.sluice.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** An index as JSON: what Java writes into the ledger, and what plain SQL gives. */
final class IndexJson {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Set<String> FIELDS =
            Set.of("name", "keys", "unique", "nullsNotDistinct", "method", "include", "where", "storage", "analyze");

    private static final Set<String> KEY_FIELDS =
            Set.of("column", "expression", "opclass", "collation", "order", "nulls");

    private IndexJson() {}

    static String write(IndexDefinition index) {
        ObjectNode json = JSON.createObjectNode().put("name", index.name());
        index.keys().forEach(key -> {
            ObjectNode it = json.withArray("keys").addObject();
            put(it, "column", key.column());
            put(it, "expression", key.expression());
            put(it, "opclass", key.opclass());
            put(it, "collation", key.collation());
            put(it, "order", key.order() == IndexKey.Order.DESC ? "desc" : null);
            put(
                    it,
                    "nulls",
                    key.nulls() == IndexKey.Nulls.DEFAULT
                            ? null
                            : key.nulls().name().toLowerCase(Locale.ROOT));
        });
        if (index.unique()) {
            json.put("unique", true);
        }
        if (index.nullsNotDistinct()) {
            json.put("nullsNotDistinct", true);
        }
        if (!index.method().equals("btree")) {
            json.put("method", index.method());
        }
        index.include().forEach(column -> json.withArray("include").add(column));
        put(json, "where", index.where());
        index.storage().forEach((parameter, value) -> json.withObject("storage").put(parameter, value));
        if (index.analyze()) {
            json.put("analyze", true);
        }
        return json.toString();
    }

    /**
     * Reads one.
     *
     * @throws SchemaDefinitionException when it has a field that is not known, or one of another shape, or cannot be meant
     */
    static IndexDefinition read(String text) {
        try {
            JsonNode json = JSON.readTree(text);
            requireKnown(json, FIELDS);
            List<IndexKey> keys =
                    json.path("keys").valueStream().map(IndexJson::key).toList();
            String name = string(json, "name");
            if (name == null) {
                throw new IllegalArgumentException("it has no name");
            }
            Map<String, String> storage = new LinkedHashMap<>();
            json.path("storage").forEachEntry((parameter, value) -> storage.put(parameter, value.asString()));
            return new IndexDefinition(
                    name,
                    keys,
                    json.path("unique").asBoolean(false),
                    json.path("nullsNotDistinct").asBoolean(false),
                    json.path("method").asString("btree"),
                    json.path("include").valueStream().map(JsonNode::asString).toList(),
                    string(json, "where"),
                    storage,
                    json.path("analyze").asBoolean(false));
        } catch (RuntimeException e) {
            throw new SchemaDefinitionException("the definition of the index cannot be read: " + e.getMessage(), e);
        }
    }

    /** For comparison: two texts may say the same. */
    static JsonNode tree(String text) {
        return JSON.readTree(text);
    }

    private static IndexKey key(JsonNode json) {
        if (json.isString()) {
            return IndexKey.column(json.stringValue());
        }
        requireKnown(json, KEY_FIELDS);
        return new IndexKey(
                string(json, "column"),
                string(json, "expression"),
                string(json, "opclass"),
                string(json, "collation"),
                IndexKey.Order.valueOf(json.path("order").asString("asc").toUpperCase(Locale.ROOT)),
                IndexKey.Nulls.valueOf(json.path("nulls").asString("default").toUpperCase(Locale.ROOT)));
    }

    private static void requireKnown(JsonNode json, Set<String> known) {
        json.propertyStream()
                .map(Map.Entry::getKey)
                .filter(it -> !known.contains(it))
                .findFirst()
                .ifPresent(it -> {
                    throw new IllegalArgumentException("unknown field '" + it + "', known are " + known);
                });
    }

    private static @Nullable String string(JsonNode json, String field) {
        JsonNode node = json.get(field);
        return node == null || node.isNull() ? null : node.asString();
    }

    private static void put(ObjectNode json, String field, @Nullable String value) {
        if (value != null) {
            json.put(field, value);
        }
    }
}
