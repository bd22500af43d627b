package io.sluice.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values of a statement that is put together, each with the placeholder that stands for it. */
public final class Bindings {

    private final List<@Nullable Object> values;

    public Bindings(@Nullable Object... first) {
        this.values = new ArrayList<>(Arrays.asList(first));
    }

    /** Adds a value; the placeholder says its type, so null may be bound too. */
    public String add(@Nullable Object value, String type) {
        values.add(value);
        return "$" + values.size() + "::" + type;
    }

    /** Adds a key as the text of its columns. */
    public String add(List<String> key) {
        return add(key.toArray(String[]::new), "text[]");
    }

    /** The values in the order of their placeholders. */
    public @Nullable Object[] values() {
        return values.toArray();
    }
}
