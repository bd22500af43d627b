package io.sluice.data;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The values that a statement and its conditions name.
 *
 * @param texts each as text; null is SQL's NULL
 * @param types the types of those that have one
 */
record NamedValues(Map<String, @Nullable String> texts, Map<String, String> types) {

    static final NamedValues NONE = new NamedValues(Map.of(), Map.of());

    /**
     * The SQL of a value, of which {@code text} gives the SQL of its text. One with a type is read in a subquery, so that this
     * happens once for each statement and not for each row.
     *
     * @throws DefinitionException when there is no value of this name
     */
    String sql(String name, Function<String, String> text) {
        if (!texts.containsKey(name)) {
            throw new DefinitionException("{" + name + "} is named, but there is no value bound to it");
        }
        String type = types.get(name);
        return type == null ? text.apply(name) : "(select (" + text.apply(name) + ")::" + type + ")";
    }
}
