package io.sluice.benchmarks.scale;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was measured, as a table for people and as one line for programs.
 *
 * @param facts what the results cannot be read without
 * @param columns of the table
 * @param results in the order in which they were measured
 */
record Report<R extends Record>(Map<String, Object> facts, List<Column<R>> columns, List<R> results) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A column of the table: its title, which has the unit, and its value of a result in a format. */
    record Column<R extends Record>(String title, String format, Function<R, Object> value) {

        String text(R result) {
            return String.format(Locale.ROOT, format, value.apply(result));
        }

        int width(List<R> results) {
            return results.stream().mapToInt(it -> text(it).length()).reduce(title.length(), Math::max);
        }
    }

    void print(PrintWriter out) {
        out.println(line(Column::title));
        results.forEach(result -> out.println(line(column -> column.text(result))));
        out.println();
        facts.forEach((name, value) -> out.println(name + ": " + value));
        out.println();
        Map<String, Object> all = new LinkedHashMap<>(facts);
        all.put("results", results);
        out.println(JSON.writeValueAsString(all));
        out.flush();
    }

    private String line(Function<Column<R>, String> text) {
        StringBuilder line = new StringBuilder();
        for (Column<R> column : columns) {
            String cell = text.apply(column);
            line.append(" ".repeat(column.width(results) - cell.length() + 2)).append(cell);
        }
        return line.toString();
    }

    /** To three digits after the point: more is noise. */
    static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
