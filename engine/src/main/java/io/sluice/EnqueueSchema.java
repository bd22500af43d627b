package io.sluice;

import io.r2dbc.spi.Connection;
import io.sluice.schema.SchemaMigration;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A schema migration that is to be enqueued, and how it shall run. Enqueueing is idempotent for its name on each shard: a run
 * that is under way is returned as it is. Whether one that is over is followed by another is for the catalog to say.
 */
public final class EnqueueSchema {

    private static final Duration LONGEST = Duration.ofDays(30);

    private final SchemaMigration migration;
    private Set<String> shards = Set.of();
    private int maxAttempts = 5;
    private @Nullable Duration statementTimeout;
    private @Nullable Duration lockBudget;
    private Enqueue.Mode mode = Enqueue.Mode.QUEUED;
    private boolean again;
    private @Nullable Connection joined;

    private EnqueueSchema(SchemaMigration migration) {
        this.migration = migration;
    }

    private EnqueueSchema(EnqueueSchema other) {
        this.migration = other.migration;
        this.shards = other.shards;
        this.maxAttempts = other.maxAttempts;
        this.statementTimeout = other.statementTimeout;
        this.lockBudget = other.lockBudget;
        this.mode = other.mode;
        this.again = other.again;
        this.joined = other.joined;
    }

    /** On all shards, as the settings say. */
    public static EnqueueSchema of(SchemaMigration migration) {
        return new EnqueueSchema(migration);
    }

    /** On these shards only. */
    public EnqueueSchema shards(String... names) {
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.shards = Set.of(names);
        return copy;
    }

    /** Attempts of the run, 1 to 1 000, default 5. What will most likely fail again is not tried again. */
    public EnqueueSchema maxAttempts(int attempts) {
        if (attempts < 1 || attempts > 1_000) {
            throw new IllegalArgumentException("attempts must be 1..1000, was " + attempts);
        }
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.maxAttempts = attempts;
        return copy;
    }

    /**
     * Longest statement, 0 (no limit) to 30 days; default none for what is built concurrently, which is given up only when it makes
     * no progress, and 1 hour for the rest. A timeout fails the run.
     */
    public EnqueueSchema statementTimeout(Duration longest) {
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.statementTimeout = within("statement timeout", longest);
        return copy;
    }

    /** Longest time of asking for a lock, 0 (one attempt) to 30 days; default that of the settings. */
    public EnqueueSchema lockBudget(Duration longest) {
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.lockBudget = within("lock wait budget", longest);
        return copy;
    }

    /** Waits for approve. */
    public EnqueueSchema delayed() {
        return mode(Enqueue.Mode.DELAYED);
    }

    /** Runs to the end at once, in the caller, and raises its errors; for development and tests. */
    public EnqueueSchema inline() {
        return mode(Enqueue.Mode.INLINE);
    }

    /** Begins a new run where the last one is over, whatever the catalog says. */
    public EnqueueSchema again() {
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.again = true;
        return copy;
    }

    /** As part of this connection's transaction: the run exists when and if that commits. For one shard at a time. */
    public EnqueueSchema joining(Connection connection) {
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.joined = connection;
        return copy;
    }

    private EnqueueSchema mode(Enqueue.Mode other) {
        if (mode != Enqueue.Mode.QUEUED && mode != other) {
            throw new IllegalArgumentException("a run is either delayed or inline, not both");
        }
        EnqueueSchema copy = new EnqueueSchema(this);
        copy.mode = other;
        return copy;
    }

    private static Duration within(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + " must be 0.." + LONGEST + ", was " + value);
        }
        return value;
    }

    SchemaMigration migration() {
        return migration;
    }

    Set<String> shards() {
        return shards;
    }

    int maxAttempts() {
        return maxAttempts;
    }

    @Nullable
    Duration statementTimeout() {
        return statementTimeout;
    }

    @Nullable
    Duration lockBudget() {
        return lockBudget;
    }

    Enqueue.Mode mode() {
        return mode;
    }

    boolean isAgain() {
        return again;
    }

    @Nullable
    Connection joined() {
        return joined;
    }
}
