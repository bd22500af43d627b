package io.sluice.sql;

import java.util.Set;

/**
 * A column of a key and how its values travel: as text, in the ledger and over the wire, compared in the column's own type and
 * collation. Encoding must not depend on the settings of the session (DateStyle, TimeZone, IntervalStyle, bytea_output), nor
 * may it change them for the user's statement in the same transaction; so types that do depend go through two functions of
 * the ledger which pin these settings for themselves alone.
 *
 * @param name exact name of the column
 * @param type type as {@code format_type} writes it
 */
public record KeyColumn(String name, String type) {

    private static final Set<String> PLAIN = Set.of(
            "smallint", "integer", "bigint", "oid", "numeric", "boolean", "text", "uuid", "name", "character varying");

    public String quoted() {
        return Identifier.quote(name);
    }

    /** SQL for the text of a value of this column. */
    public String encode(String ledger, String value) {
        return isPlain() ? value + "::text" : ledger + ".key_text(" + value + ")";
    }

    /** SQL for the value that a text stands for. */
    public String decode(String ledger, String text) {
        return isPlain() ? "(" + text + ")::" + type : ledger + ".key_value(" + text + ", null::" + type + ")";
    }

    private boolean isPlain() {
        int modifier = type.indexOf('(');
        return PLAIN.contains(modifier < 0 ? type : type.substring(0, modifier));
    }
}
