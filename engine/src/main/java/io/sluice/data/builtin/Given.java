package io.sluice.data.builtin;

import io.sluice.data.Source;
import io.sluice.run.Arguments;
import io.sluice.run.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The arguments of a ready-made migration, held against their shape: some in order, the first of them the table, then perhaps an
 * object of options. Each refusal is an {@link IllegalArgumentException} that says what the shape is.
 */
final class Given {

    private final String shape;
    private final JsonNode arguments;
    private final Map<String, JsonNode> options;

    /**
     * Reads the arguments.
     *
     * @param shape as it is shown to who gave another one
     * @param inOrder how many stand before the options
     * @param allowed names of options, besides {@code by} and {@code where}
     */
    Given(String shape, Arguments arguments, int inOrder, String... allowed) {
        this.shape = shape;
        this.arguments = Json.EXACT.readTree(arguments.toJson());
        if (arguments.size() < inOrder || arguments.size() > inOrder + 1) {
            throw refused(
                    "there must be " + inOrder + " arguments, and perhaps options, there are " + arguments.size());
        }
        this.options = arguments.size() > inOrder ? members("the options", at(inOrder)) : Map.of();
        Set<String> known = new TreeSet<>(Set.of(allowed));
        known.add("by");
        known.add("where");
        for (String name : options.keySet()) {
            if (!known.contains(name)) {
                throw refused("there is no option '" + name + "', only " + String.join(", ", known));
            }
        }
    }

    IllegalArgumentException refused(String why) {
        return new IllegalArgumentException(why + "; its arguments are " + shape);
    }

    /** The table that is walked, and which of its rows. */
    Source source() {
        Source source = Source.table(text("argument 0, the table,", at(0)));
        String index = text("by");
        String where = text("where");
        Source by = index == null ? source : source.by(index);
        return where == null ? by : by.where(where);
    }

    JsonNode at(int index) {
        return arguments.get(index);
    }

    @Nullable
    JsonNode option(String name) {
        return options.get(name);
    }

    /** The text of an option; null where it is not given. */
    @Nullable
    String text(String option) {
        JsonNode node = options.get(option);
        return node == null ? null : text("option '" + option + "'", node);
    }

    /** Whether an option is on; null where nothing is said. */
    @Nullable
    Boolean flag(String option) {
        JsonNode node = options.get(option);
        if (node != null && !node.isBoolean()) {
            throw refused("option '" + option + "' must be true or false, was " + node);
        }
        return node == null ? null : node.booleanValue();
    }

    String text(String what, JsonNode node) {
        if (!node.isString() || node.stringValue().isBlank()) {
            throw refused(what + " must be a text, was " + node);
        }
        return node.stringValue();
    }

    /** One text, or several in an array. */
    List<String> texts(String what, JsonNode node) {
        if (node.isArray() && !node.isEmpty()) {
            return node.valueStream()
                    .map(it -> text("each element of " + what, it))
                    .toList();
        }
        return List.of(text(what, node));
    }

    Map<String, JsonNode> members(String what, JsonNode node) {
        if (!node.isObject()) {
            throw refused(what + " must be an object, was " + node);
        }
        Map<String, JsonNode> members = new LinkedHashMap<>();
        node.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
        return members;
    }

    /** The members of an option that is an object; none where it is not given. */
    Map<String, JsonNode> members(String option) {
        JsonNode node = options.get(option);
        return node == null ? Map.of() : members("option '" + option + "'", node);
    }

    /** The members of an option that is an object of texts; none where it is not given. */
    Map<String, String> texts(String option) {
        Map<String, String> texts = new LinkedHashMap<>();
        members(option)
                .forEach((name, node) -> texts.put(name, text("'" + name + "' of option '" + option + "'", node)));
        return texts;
    }
}
