package io.sluice.sql;

import java.nio.charset.StandardCharsets;

/** The only place where a name becomes part of a statement. */
public final class Identifier {

    /** PostgreSQL cuts longer names silently (NAMEDATALEN 64, less the closing byte). */
    public static final int MAX_BYTES = 63;

    private Identifier() {}

    /**
     * The name in double quotes, so that it means just itself.
     *
     * @throws IllegalArgumentException when it is empty, too long for PostgreSQL (63 bytes) or has a NUL
     */
    public static String quote(String name) {
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name must not be empty or hold a NUL");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new IllegalArgumentException("name '" + name + "' is longer than " + MAX_BYTES + " bytes");
        }
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
