package io.sluice.schema;

import io.sluice.lock.LockRetrier;
import java.time.Duration;

/**
 * How schema runs are driven, apart from what each run says itself.
 *
 * @param locks how strong locks are asked for; default {@link LockRetrier#exponential()} within 10 minutes
 * @param oldTransaction age from which a transaction that would stall a build is waited for before it begins: 0 (do not look) to 1
 *     day, default 5 s
 * @param patience how long that wait holds the lease before the run is handed back for later: 0 to 1 hour, default 50 s
 * @param statementTimeout longest statement that is no concurrent build: 10 ms to 30 days, default 1 hour
 * @param stall time without progress and without anybody in the way after which a concurrent build is given up: 1 s to 30 days,
 *     default 30 minutes
 * @param partitionsAtOnce partitions whose index is built at one time: 1 to 16, default 2
 * @param blockers what is done to sessions that are in the way for long; default nothing
 * @param showQueries whether texts of the queries of those who are in the way may be told: default false, as they may hold values
 *     of rows
 */
public record SchemaSettings(
        LockRetrier locks,
        Duration oldTransaction,
        Duration patience,
        Duration statementTimeout,
        Duration stall,
        int partitionsAtOnce,
        BlockerPolicy blockers,
        boolean showQueries) {

    // first, as the defaults are checked against it
    private static final Duration LONGEST = Duration.ofDays(30);

    public static final SchemaSettings DEFAULTS = new SchemaSettings(
            LockRetrier.exponential().within(Duration.ofMinutes(10)),
            Duration.ofSeconds(5),
            Duration.ofSeconds(50),
            Duration.ofHours(1),
            Duration.ofMinutes(30),
            2,
            BlockerPolicy.WAIT,
            false);

    public SchemaSettings {
        within("age of an old transaction", oldTransaction, Duration.ZERO, Duration.ofDays(1));
        within("patience with old transactions", patience, Duration.ZERO, Duration.ofHours(1));
        within("statement timeout", statementTimeout, Duration.ofMillis(10), LONGEST);
        within("time without progress", stall, Duration.ofSeconds(1), LONGEST);
        if (partitionsAtOnce < 1 || partitionsAtOnce > 16) {
            throw new IllegalArgumentException("partitions at one time must be 1..16, was " + partitionsAtOnce);
        }
    }

    public SchemaSettings withLocks(LockRetrier other) {
        return new SchemaSettings(
                other, oldTransaction, patience, statementTimeout, stall, partitionsAtOnce, blockers, showQueries);
    }

    public SchemaSettings withOldTransaction(Duration age) {
        return new SchemaSettings(
                locks, age, patience, statementTimeout, stall, partitionsAtOnce, blockers, showQueries);
    }

    public SchemaSettings withPatience(Duration longest) {
        return new SchemaSettings(
                locks, oldTransaction, longest, statementTimeout, stall, partitionsAtOnce, blockers, showQueries);
    }

    public SchemaSettings withStatementTimeout(Duration longest) {
        return new SchemaSettings(
                locks, oldTransaction, patience, longest, stall, partitionsAtOnce, blockers, showQueries);
    }

    public SchemaSettings withStall(Duration longest) {
        return new SchemaSettings(
                locks, oldTransaction, patience, statementTimeout, longest, partitionsAtOnce, blockers, showQueries);
    }

    public SchemaSettings withPartitionsAtOnce(int partitions) {
        return new SchemaSettings(
                locks, oldTransaction, patience, statementTimeout, stall, partitions, blockers, showQueries);
    }

    public SchemaSettings withBlockers(BlockerPolicy policy) {
        return new SchemaSettings(
                locks, oldTransaction, patience, statementTimeout, stall, partitionsAtOnce, policy, showQueries);
    }

    public SchemaSettings withQueriesShown() {
        return new SchemaSettings(
                locks, oldTransaction, patience, statementTimeout, stall, partitionsAtOnce, blockers, true);
    }

    private static void within(String option, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }
}
