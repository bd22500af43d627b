package io.sluice.data.builtin;

import static java.util.stream.Collectors.joining;

import io.sluice.data.Columns;
import io.sluice.data.Columns.Column;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A condition on a row: columns and what they are. A value means equal, null IS NULL, an array any of its elements. */
final class Condition {

    private Condition() {}

    /** The condition, in which values are named; in parentheses. */
    static String of(Columns columns, Map<String, JsonNode> wanted, Bound bound) {
        return wanted.entrySet().stream()
                .map(it -> one(columns, columns.column(it.getKey()), it.getValue(), bound))
                .collect(joining(" and ", "(", ")"));
    }

    private static String one(Columns columns, Column column, JsonNode wanted, Bound bound) {
        String own = Assignments.own(columns, column);
        if (!wanted.isArray()) {
            return wanted.isNull() ? own + " is null" : equal(own, column, wanted, bound);
        }
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException(
                    "no row has a '" + column.name() + "' out of an empty array; name values");
        }
        List<JsonNode> values = wanted.valueStream().filter(it -> !it.isNull()).toList();
        Stream<String> any = values.isEmpty()
                ? Stream.empty()
                : column.array() || column.withoutEquality()
                        ? values.stream().map(it -> equal(own, column, it, bound))
                        : Stream.of(own + " = any (" + bound.addAll(column, values) + ")");
        Stream<String> none = values.size() < wanted.size() ? Stream.of(own + " is null") : Stream.empty();
        return Stream.concat(any, none).collect(joining(" or ", "(", ")"));
    }

    private static String equal(String own, Column column, JsonNode value, Bound bound) {
        String wanted = bound.add(column, value);
        return column.withoutEquality() ? own + "::text = (" + wanted + ")::text" : own + " = " + wanted;
    }
}
