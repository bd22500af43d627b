package io.sluice.shard;

import java.time.Duration;

/**
 * What all shards of one Sluice may use together, so that many of them side by side do not overrun the servers and the network that
 * they share. Runs take turns within it, one shard after the other. Each instance has its own; a foreground caller takes nothing
 * from it.
 *
 * @param connections runs that are worked on at one time over all shards, each on a connection of its own: 1 to 10 000, default 64
 * @param looks shards that are looked at for work at one time: 1 to 1 000, default 8
 * @param subBatchesPerSecond over all shards: 0 to 100 000; default 0, as many as there can be
 * @param turn how long a run keeps its connection while runs of other shards wait for one: 100 ms to 1 day, default 1 minute
 */
public record Budget(int connections, int looks, int subBatchesPerSecond, Duration turn) {

    private static final Duration SHORTEST_TURN = Duration.ofMillis(100);
    private static final Duration LONGEST_TURN = Duration.ofDays(1);

    public static final Budget DEFAULTS = new Budget(64, 8, 0, Duration.ofMinutes(1));

    public Budget {
        within("connections of the budget", connections, 1, 10_000);
        within("looks at one time", looks, 1, 1_000);
        within("sub-batches per second", subBatchesPerSecond, 0, 100_000);
        if (turn.compareTo(SHORTEST_TURN) < 0 || turn.compareTo(LONGEST_TURN) > 0) {
            throw new IllegalArgumentException("turn must be " + SHORTEST_TURN + ".." + LONGEST_TURN + ", was " + turn);
        }
    }

    public Budget withConnections(int atOneTime) {
        return new Budget(atOneTime, looks, subBatchesPerSecond, turn);
    }

    public Budget withLooks(int atOneTime) {
        return new Budget(connections, atOneTime, subBatchesPerSecond, turn);
    }

    public Budget withSubBatchesPerSecond(int most) {
        return new Budget(connections, looks, most, turn);
    }

    public Budget withTurn(Duration length) {
        return new Budget(connections, looks, subBatchesPerSecond, length);
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }
}
