package io.sluice.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A table, with or without its schema. Without one the search path of the connection decides.
 *
 * @param schema exact name of the schema; null: by search path
 * @param name exact name of the table
 */
public record TableName(@Nullable String schema, String name) {

    /** What needs no quotes: the manual, section 4.1.1 "Identifiers and Key Words". */
    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z_\\x{80}-\\x{10ffff}][A-Za-z0-9_$\\x{80}-\\x{10ffff}]*");

    /**
     * Reads a name as SQL does: {@code app.users}, {@code "Order Items"}, {@code app."weird ""name"""}. What is not quoted is
     * folded to lower case.
     *
     * @throws IllegalArgumentException when it is no name of one or two parts
     */
    public static TableName parse(String text) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        do {
            StringBuilder part = new StringBuilder();
            at = text.startsWith("\"", at) ? quoted(text, at + 1, part) : plain(text, at, part);
            parts.add(part.toString());
        } while (text.startsWith(".", at++));
        if (at <= text.length() || parts.size() > 2) {
            throw wrong(text);
        }
        return parts.size() == 1 ? new TableName(null, parts.get(0)) : new TableName(parts.get(0), parts.get(1));
    }

    public TableName {
        Identifier.quote(name);
        if (schema != null) {
            Identifier.quote(schema);
        }
    }

    /** The name as it stands in a statement. */
    public String quoted() {
        return schema == null ? Identifier.quote(name) : Identifier.quote(schema) + '.' + Identifier.quote(name);
    }

    @Override
    public String toString() {
        return schema == null ? name : schema + '.' + name;
    }

    private static int quoted(String text, int from, StringBuilder part) {
        int at = from;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '"') {
                part.append(c);
            } else if (at < text.length() && text.charAt(at) == '"') {
                part.append(text.charAt(at++));
            } else if (part.isEmpty()) {
                throw wrong(text);
            } else {
                return at;
            }
        }
        throw wrong(text);
    }

    private static int plain(String text, int from, StringBuilder part) {
        Matcher name = PLAIN.matcher(text).region(from, text.length());
        if (!name.lookingAt()) {
            throw wrong(text);
        }
        // not toLowerCase: PostgreSQL folds A to Z and, in UTF-8, nothing else
        name.group().chars().forEach(c -> part.append((char) (c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c)));
        return name.end();
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is no table name; write table, schema.table or \"Quoted Schema\".\"Quoted Table\"");
    }
}
