package io.sluice.run;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The part of a table that a run walks, both ends included. A key is given as the text of each of its columns, in order.
 *
 * @param lower first key; null: unbounded
 * @param upper last key; null: the greatest there is when the run starts
 */
public record KeyBounds(
        @Nullable List<String> lower, @Nullable List<String> upper) {

    public static final KeyBounds NONE = new KeyBounds(null, null);

    public KeyBounds {
        lower = lower == null ? null : List.copyOf(lower);
        upper = upper == null ? null : List.copyOf(upper);
    }

    public KeyBounds from(Object... key) {
        return new KeyBounds(texts(key), upper);
    }

    public KeyBounds to(Object... key) {
        return new KeyBounds(lower, texts(key));
    }

    private static List<String> texts(Object... key) {
        return IntStream.range(0, key.length).mapToObj(i -> text(key[i], i + 1)).toList();
    }

    private static String text(@Nullable Object value, int column) {
        if (value == null) {
            throw new IllegalArgumentException("column " + column + " of a bound is null; a key has no nulls");
        }
        // the hex format of the manual, section 8.4 "Binary Data Types"
        return value instanceof byte[] bytes ? "\\x" + HexFormat.of().formatHex(bytes) : value.toString();
    }
}
