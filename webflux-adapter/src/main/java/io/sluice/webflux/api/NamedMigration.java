package io.sluice.webflux.api;

import io.sluice.run.Arguments;
import java.util.ArrayList;
import java.util.List;

/** A data migration as the gate is asked for it: {@code name}, or {@code name["a", 1]} with its arguments. */
record NamedMigration(String name, Arguments arguments) {

    /** Reads them, several in a text joined by commas. Throws {@link IllegalArgumentException} where that cannot be meant. */
    static List<NamedMigration> all(List<String> texts) {
        return texts.stream()
                .flatMap(text -> split(text).stream())
                .filter(it -> !it.isEmpty())
                .map(NamedMigration::of)
                .toList();
    }

    private static NamedMigration of(String text) {
        int bracket = text.indexOf('[');
        return bracket < 0
                ? new NamedMigration(text, Arguments.none())
                : new NamedMigration(text.substring(0, bracket).strip(), Arguments.parse(text.substring(bracket)));
    }

    /** At commas that stand outside of the JSON; nothing within it is touched. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int from = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c == '\\') {
                    i++;
                } else if (c == '"') {
                    quoted = false;
                }
            } else if (c == '"' && depth > 0) {
                quoted = true;
            } else if (c == '[' || c == '{') {
                depth++;
            } else if (c == ']' || c == '}') {
                depth--;
            } else if (c == ',' && depth == 0) {
                parts.add(text.substring(from, i).strip());
                from = i + 1;
            }
        }
        parts.add(text.substring(from).strip());
        return parts;
    }
}
