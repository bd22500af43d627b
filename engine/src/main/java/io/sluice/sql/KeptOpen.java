package io.sluice.sql;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which shards may keep connections open that nobody uses at the moment: so many, those that were used last. However many shards
 * are asked something one after the other, the servers see few connections.
 */
public final class KeptOpen {

    private final int most;
    private final Set<Connections> lastUsed = new LinkedHashSet<>();

    public KeptOpen(int most) {
        this.most = most;
    }

    /** How many shards may keep some open. */
    public int most() {
        return most;
    }

    /** Notes a use; returns whose connections are to be closed for it, if any: not of one that uses them. */
    synchronized @Nullable Connections used(Connections now) {
        lastUsed.remove(now);
        lastUsed.add(now);
        if (lastUsed.size() <= most) {
            return null;
        }
        Connections longestAgo = lastUsed.stream()
                .filter(it -> it != now && !it.isInUse())
                .findFirst()
                .orElse(null);
        if (longestAgo != null) {
            lastUsed.remove(longestAgo);
        }
        return longestAgo;
    }

    synchronized void closed(Connections now) {
        lastUsed.remove(now);
    }
}
