package io.sluice.sql;

import java.time.Duration;

/**
 * The pool that Sluice keeps for the short statements of a shard. Long work has connections of its own, one for each lane.
 *
 * @param maxSize most connections at one time: 4 to 32, default 4
 * @param maxIdleTime what is unused for so long is closed: 100 ms to 10 min, default 15 s. A shard that has nothing to do keeps
 *     none open anyway
 * @param maxAcquireTime longest wait for a connection, or for one to be opened: 100 ms to 1 min, default 10 s
 */
public record PoolSettings(int maxSize, Duration maxIdleTime, Duration maxAcquireTime) {

    /** Two may wait for lanes, and whoever ends what is in their way and whoever renews the lease must not wait behind them. */
    private static final int FEWEST = 4;

    private static final int MOST = 32;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(10);
    private static final Duration LONGEST_ACQUIRE = Duration.ofMinutes(1);

    public static final PoolSettings DEFAULTS = new PoolSettings(4, Duration.ofSeconds(15), Duration.ofSeconds(10));

    public PoolSettings {
        if (maxSize < FEWEST || maxSize > MOST) {
            throw new IllegalArgumentException(
                    "maxSize of the pool must be " + FEWEST + ".." + MOST + ", was " + maxSize);
        }
        within("maxIdleTime", maxIdleTime, LONGEST_IDLE);
        within("maxAcquireTime", maxAcquireTime, LONGEST_ACQUIRE);
    }

    public PoolSettings withMaxSize(int other) {
        return new PoolSettings(other, maxIdleTime, maxAcquireTime);
    }

    public PoolSettings withMaxIdleTime(Duration other) {
        return new PoolSettings(maxSize, other, maxAcquireTime);
    }

    public PoolSettings withMaxAcquireTime(Duration other) {
        return new PoolSettings(maxSize, maxIdleTime, other);
    }

    private static void within(String option, Duration value, Duration longest) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(longest) > 0) {
            throw new IllegalArgumentException(
                    option + " of the pool must be " + SHORTEST + ".." + longest + ", was " + value);
        }
    }
}
