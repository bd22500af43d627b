package io.sluice.data;

import java.time.Duration;

/**
 * How long the transaction of a sub-batch may take.
 *
 * @param statement longest statement: 10 ms to 1 day, default 30 s
 * @param lock longest wait for a lock: 1 ms to 1 hour, default 2 s
 * @param idle longest silence of a transaction in code form: below the lease, so that a frozen worker is cut off in time
 */
public record TransactionLimits(Duration statement, Duration lock, Duration idle) {

    public static final TransactionLimits DEFAULTS =
            new TransactionLimits(Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(20));

    public TransactionLimits {
        within("statement timeout", statement, Duration.ofMillis(10), Duration.ofDays(1));
        within("lock timeout", lock, Duration.ofMillis(1), Duration.ofHours(1));
        within("idle in transaction timeout", idle, Duration.ofMillis(10), Duration.ofDays(1));
    }

    public TransactionLimits withStatement(Duration longest) {
        return new TransactionLimits(longest, lock, idle);
    }

    public TransactionLimits withLock(Duration longest) {
        return new TransactionLimits(statement, longest, idle);
    }

    public TransactionLimits withIdle(Duration longest) {
        return new TransactionLimits(statement, lock, longest);
    }

    private static void within(String option, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }
}
