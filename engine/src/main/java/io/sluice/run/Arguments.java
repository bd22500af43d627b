package io.sluice.run;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The arguments of a migration: a JSON array, given when it is enqueued and passed to the factory of the migration. Together
 * with the name they say which run is meant: enqueueing is idempotent for (name, arguments).
 */
public final class Arguments {

    private static final Arguments NONE = new Arguments(Json.EXACT.createArrayNode());

    private final JsonNode array;

    private Arguments(JsonNode array) {
        this.array = array;
    }

    public static Arguments none() {
        return NONE;
    }

    /** An array of these values, each as Jackson writes it; equal to what is read from that text. */
    public static Arguments of(@Nullable Object... values) {
        return parse(Json.EXACT.writeValueAsString(values));
    }

    /**
     * Reads a JSON array.
     *
     * @throws IllegalArgumentException when the text is not a JSON array
     */
    public static Arguments parse(String json) {
        try {
            JsonNode node = Json.EXACT.readTree(json);
            if (!node.isArray()) {
                throw new IllegalArgumentException("arguments must be a JSON array, were: " + node.getNodeType());
            }
            return new Arguments(node);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("arguments must be a JSON array: " + e.getOriginalMessage(), e);
        }
    }

    public int size() {
        return array.size();
    }

    /**
     * The argument at this place as text.
     *
     * @throws IllegalArgumentException when there is none, or it is no JSON string; it names the place
     */
    public String text(int index) {
        JsonNode node = at(index);
        if (!node.isString()) {
            throw wrong(index, "a string", node);
        }
        return node.stringValue();
    }

    /**
     * The argument at this place as a whole number.
     *
     * @throws IllegalArgumentException when there is none, or it is no whole number; it names the place
     */
    public long number(int index) {
        JsonNode node = at(index);
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw wrong(index, "a whole number", node);
        }
        return node.longValue();
    }

    /**
     * The argument at this place as Jackson reads that type.
     *
     * @throws IllegalArgumentException when there is none, or it has another shape, or it is null; it names the place
     */
    public <T> T as(int index, Class<T> type) {
        JsonNode node = at(index);
        if (node.isNull()) {
            throw wrong(index, "a " + type.getSimpleName(), node);
        }
        try {
            return Json.EXACT.treeToValue(node, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("argument " + index + " must be a " + type.getSimpleName(), e);
        }
    }

    /** The JSON text, as it goes into the ledger. */
    public String toJson() {
        return array.toString();
    }

    private JsonNode at(int index) {
        JsonNode node = array.get(index);
        if (node == null) {
            throw new IllegalArgumentException("argument " + index + " is missing: " + size() + " given");
        }
        return node;
    }

    private static IllegalArgumentException wrong(int index, String wanted, JsonNode node) {
        return new IllegalArgumentException("argument " + index + " must be " + wanted + ", was " + node.getNodeType());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Arguments that && array.equals(that.array);
    }

    @Override
    public int hashCode() {
        return array.hashCode();
    }

    @Override
    public String toString() {
        return toJson();
    }
}
