package io.sluice.run;

import java.util.List;
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
        return java.util.Arrays.stream(key).map(String::valueOf).toList();
    }
}
