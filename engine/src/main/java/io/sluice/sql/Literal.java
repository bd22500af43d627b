package io.sluice.sql;

/** Text within a statement, for the few that cannot have values bound. */
public final class Literal {

    private Literal() {}

    /**
     * As an escape string, which means the same whatever {@code standard_conforming_strings} says
     * (<a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE">string constants with
     * escapes</a>).
     */
    public static String text(String value) {
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
