package io.sluice.schema;

import io.sluice.sql.Identifier;
import java.nio.charset.StandardCharsets;

/** Names that are made of others, within the 63 bytes of PostgreSQL: what is cut off is told by a hash, always the same. */
final class LongNames {

    private static final int HASH = 9;

    private LongNames() {}

    static String fitting(String name) {
        return bytes(name) <= Identifier.MAX_BYTES
                ? name
                : cut(name, Identifier.MAX_BYTES - HASH) + String.format("_%08x", name.hashCode());
    }

    private static String cut(String name, int bytes) {
        int end = name.length();
        while (bytes(name.substring(0, end)) > bytes) {
            end = name.offsetByCodePoints(end, -1);
        }
        return name.substring(0, end);
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
