package io.sluice.data.builtin;

import io.sluice.run.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON object as it is gathered by the factory methods, such as the one behind the arguments; it is immutable. */
record Options(Map<String, @Nullable Object> members) {

    static final Options NONE = new Options(Map.of());

    Options with(String name, @Nullable Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(members);
        more.put(name, json(value));
        return new Options(Collections.unmodifiableMap(more));
    }

    /** With a member of a member, which is an object itself. */
    Options with(String name, String member, @Nullable Object value) {
        Options inner = members.get(name) instanceof Options there ? there : NONE;
        Map<String, @Nullable Object> more = new LinkedHashMap<>(members);
        more.put(name, inner.with(member, value));
        return new Options(Collections.unmodifiableMap(more));
    }

    /** The arguments with these options behind them; without any, nothing stands there. */
    Arguments behind(@Nullable Object... arguments) {
        List<@Nullable Object> all = new ArrayList<>();
        Arrays.stream(arguments).forEach(argument -> all.add(plain(argument)));
        if (!members.isEmpty()) {
            all.add(plain(this));
        }
        return Arguments.of(all.toArray());
    }

    /** As PostgreSQL reads it: the hex format of the manual, section 8.4 "Binary Data Types". */
    private static @Nullable Object json(@Nullable Object value) {
        return value instanceof byte[] bytes ? "\\x" + HexFormat.of().formatHex(bytes) : value;
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof Options options) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            options.members.forEach((name, member) -> map.put(name, plain(member)));
            return map;
        }
        return value instanceof List<?> list ? list.stream().map(Options::plain).toList() : value;
    }
}
