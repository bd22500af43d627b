package io.sluice.shard;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who waits, by shard. Shards are served one after the other, however many of each there are; within a shard who came first goes
 * first. Touched by one thread at a time.
 */
final class RoundRobin<W> {

    private final Map<String, Deque<W>> waiting = new LinkedHashMap<>();

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void add(String shard, W who) {
        waiting.computeIfAbsent(shard, it -> new ArrayDeque<>(2)).add(who);
    }

    void remove(String shard, W who) {
        waiting.computeIfPresent(shard, (it, all) -> all.remove(who) && all.isEmpty() ? null : all);
    }

    /** Takes who is next; its shard goes behind all others. Null when nobody waits. */
    @Nullable
    W next() {
        Iterator<Map.Entry<String, Deque<W>>> first = waiting.entrySet().iterator();
        if (!first.hasNext()) {
            return null;
        }
        Map.Entry<String, Deque<W>> entry = first.next();
        String shard = entry.getKey();
        Deque<W> all = entry.getValue();
        first.remove();
        W next = all.poll();
        if (!all.isEmpty()) {
            waiting.put(shard, all);
        }
        return next;
    }
}
