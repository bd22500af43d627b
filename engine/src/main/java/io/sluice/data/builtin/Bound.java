package io.sluice.data.builtin;

import io.sluice.data.Columns.Column;
import io.sluice.data.Work.SqlWork;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The values of a statement that is being made: each is bound, and read as the type of the column that it is for. */
final class Bound {

    private record Value(String name, @Nullable String text, String type) {}

    private final List<Value> values = new ArrayList<>();

    /** The place of a value in the statement. A value for json or jsonb is taken as JSON; any other as its text. */
    String add(Column column, JsonNode value) {
        return add(text(column, value), column.plainType());
    }

    /** The place of an array of values of the column's type. */
    String addAll(Column column, List<JsonNode> list) {
        String elements = list.stream().map(value -> element(column, value)).collect(Collectors.joining(",", "{", "}"));
        String type = column.plainType() + "[]";
        return add(elements, type) + "::" + type;
    }

    SqlWork in(SqlWork work) {
        SqlWork bound = work;
        for (Value value : values) {
            bound = bound.bind(value.name, value.text, value.type);
        }
        return bound;
    }

    private String add(@Nullable String text, String type) {
        String name = "value_" + (values.size() + 1);
        values.add(new Value(name, text, type));
        return "{" + name + "}";
    }

    private static @Nullable String text(Column column, JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        if (column.json()) {
            return value.toString();
        }
        if (column.array() && value.isArray()) {
            return array(column, value);
        }
        if (value.isContainer()) {
            throw new IllegalArgumentException("column '" + column.name() + "' is " + column.type() + " and takes no "
                    + (value.isArray() ? "array" : "object") + ", was " + value);
        }
        return value.asString();
    }

    /** As arrays are written: the manual, section 8.15.6 "Array Input and Output Syntax". */
    private static String array(Column column, JsonNode value) {
        return value.valueStream().map(element -> element(column, element)).collect(Collectors.joining(",", "{", "}"));
    }

    private static String element(Column column, JsonNode element) {
        if (element.isNull()) {
            return "NULL";
        }
        boolean ofJson = column.plainType().startsWith("json");
        if (element.isArray() && column.array() && !ofJson) {
            return array(column, element);
        }
        if (element.isContainer() && !ofJson) {
            throw new IllegalArgumentException("column '" + column.name() + "' is " + column.type() + " and takes no "
                    + (element.isArray() ? "array" : "object") + " there, was " + element);
        }
        String text = ofJson ? element.toString() : element.asString();
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
