package io.sluice.webflux.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader stands in the journals of several shards: the id of a server-sent event, {@code shard:number} joined by commas. It
 * is immutable.
 */
record EventPositions(Map<String, Long> numbers) {

    /** Beyond that an id would be too long for a header, and none is sent. */
    static final int MOST_SHARDS = 32;

    static final EventPositions NONE = new EventPositions(Map.of());

    /** Of what a browser sends when it comes back by itself, or else of the parameter. */
    static EventPositions parse(@Nullable String header, @Nullable String parameter) {
        return parse(header == null ? parameter : header);
    }

    /** Throws {@link IllegalArgumentException} where the text is no such id. */
    static EventPositions parse(@Nullable String id) {
        if (id == null || id.isBlank()) {
            return NONE;
        }
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String part : parts(id)) {
            int colon = part.lastIndexOf(':');
            try {
                numbers.put(part.substring(0, colon), Long.parseLong(part.substring(colon + 1)));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new IllegalArgumentException("the id of an event is shard:number[,…], was '" + id + "'", e);
            }
        }
        return new EventPositions(numbers);
    }

    private static List<String> parts(String id) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int comma = id.indexOf(','); comma >= 0; comma = id.indexOf(',', from)) {
            parts.add(id.substring(from, comma).strip());
            from = comma + 1;
        }
        parts.add(id.substring(from).strip());
        return parts;
    }

    @Nullable
    Long of(String shard) {
        return numbers.get(shard);
    }

    EventPositions at(String shard, long number) {
        Map<String, Long> moved = new LinkedHashMap<>(numbers);
        moved.put(shard, number);
        return new EventPositions(moved);
    }

    /** The id to send to a reader of so many shards; null where it would be too long in the end: part of one would lead it back. */
    @Nullable
    String id(int shards) {
        return shards > MOST_SHARDS
                ? null
                : numbers.entrySet().stream()
                        .map(it -> it.getKey() + ":" + it.getValue())
                        .collect(Collectors.joining(","));
    }
}
