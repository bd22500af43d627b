package io.sluice.schema;

import java.time.Duration;

/**
 * What is done to sessions that stand in the way of a schema run for long. Nothing, unless said otherwise. Never superusers,
 * replication, autovacuum that prevents wraparound, background processes of the server, or sessions of Sluice.
 *
 * @param action what is done
 * @param olderThan age of the session's transaction from which on it is warned of: 1 s to 30 days
 * @param warning time between the warning, which is an event, and the deed: 0 to 1 day
 */
public record BlockerPolicy(Action action, Duration olderThan, Duration warning) {

    /** What is done. */
    public enum Action {
        /** They are named, and waited for. */
        WAIT,
        /** Their statement is cancelled; one that is idle in a transaction goes on holding what it holds. */
        CANCEL,
        /** Their session is ended. */
        TERMINATE
    }

    public static final BlockerPolicy WAIT = new BlockerPolicy(Action.WAIT, Duration.ofDays(30), Duration.ZERO);

    public BlockerPolicy {
        if (olderThan.compareTo(Duration.ofSeconds(1)) < 0 || olderThan.compareTo(Duration.ofDays(30)) > 0) {
            throw new IllegalArgumentException("age of a blocker must be 1 s..30 days, was " + olderThan);
        }
        if (warning.isNegative() || warning.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("time after the warning must be 0..1 day, was " + warning);
        }
    }

    public static BlockerPolicy cancel(Duration olderThan, Duration warning) {
        return new BlockerPolicy(Action.CANCEL, olderThan, warning);
    }

    public static BlockerPolicy terminate(Duration olderThan, Duration warning) {
        return new BlockerPolicy(Action.TERMINATE, olderThan, warning);
    }
}
