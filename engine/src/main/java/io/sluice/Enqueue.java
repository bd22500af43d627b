package io.sluice;

import io.r2dbc.spi.Connection;
import io.sluice.data.builtin.ReadyMade;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is to be enqueued: the name of a migration and how it shall run. Enqueueing is idempotent for (name, arguments) on each
 * shard: a run that is there is returned as it is.
 */
public final class Enqueue {

    private final String name;
    private Arguments arguments = Arguments.none();
    private Set<String> shards = Set.of();
    private UnaryOperator<BatchSettings> settings = UnaryOperator.identity();
    private KeyBounds bounds = KeyBounds.NONE;
    private int maxAttempts = 5;
    private Mode mode = Mode.QUEUED;
    private boolean again;
    private @Nullable Connection joined;

    private Enqueue(String name) {
        this.name = name;
    }

    private Enqueue(Enqueue other) {
        this.name = other.name;
        this.arguments = other.arguments;
        this.shards = other.shards;
        this.settings = other.settings;
        this.bounds = other.bounds;
        this.maxAttempts = other.maxAttempts;
        this.mode = other.mode;
        this.again = other.again;
        this.joined = other.joined;
    }

    /** When the run begins. */
    enum Mode {
        QUEUED,
        DELAYED,
        INLINE
    }

    /** The migration of this name, on all shards it is declared for, with its declared settings. */
    public static Enqueue of(String name) {
        return new Enqueue(name);
    }

    /** A ready-made migration with its arguments; it need not be declared. */
    public static Enqueue of(ReadyMade migration) {
        return of(migration.name()).arguments(migration.arguments());
    }

    /** Arguments for the factory of the migration. */
    public Enqueue arguments(@Nullable Object... values) {
        return arguments(Arguments.of(values));
    }

    public Enqueue arguments(Arguments values) {
        Enqueue copy = new Enqueue(this);
        copy.arguments = values;
        return copy;
    }

    /** On these shards only. */
    public Enqueue shards(String... names) {
        Enqueue copy = new Enqueue(this);
        copy.shards = Set.of(names);
        return copy;
    }

    /** With other settings than the declared ones. */
    public Enqueue settings(UnaryOperator<BatchSettings> change) {
        Enqueue copy = new Enqueue(this);
        copy.settings = change;
        return copy;
    }

    /** From this key on, which is part of the run. One value per column of the key. */
    public Enqueue from(Object... key) {
        Enqueue copy = new Enqueue(this);
        copy.bounds = bounds.from(key);
        return copy;
    }

    /** Up to this key, which is part of the run. */
    public Enqueue to(Object... key) {
        Enqueue copy = new Enqueue(this);
        copy.bounds = bounds.to(key);
        return copy;
    }

    /** Attempts of the run as a whole, 1 to 1 000, default 5; attempts of its batches are a setting. */
    public Enqueue maxAttempts(int attempts) {
        if (attempts < 1 || attempts > 1_000) {
            throw new IllegalArgumentException("attempts must be 1..1000, was " + attempts);
        }
        Enqueue copy = new Enqueue(this);
        copy.maxAttempts = attempts;
        return copy;
    }

    /** Waits for approve. */
    public Enqueue delayed() {
        return mode(Mode.DELAYED);
    }

    /** Runs to the end at once, in the caller, and raises its errors; for development and tests. */
    public Enqueue inline() {
        return mode(Mode.INLINE);
    }

    /** Begins a new run where the last one SUCCEEDED or was CANCELLED. */
    public Enqueue again() {
        Enqueue copy = new Enqueue(this);
        copy.again = true;
        return copy;
    }

    /** As part of this connection's transaction: the run exists when and if that commits. For one shard at a time. */
    public Enqueue joining(Connection connection) {
        Enqueue copy = new Enqueue(this);
        copy.joined = connection;
        return copy;
    }

    private Enqueue mode(Mode other) {
        if (mode != Mode.QUEUED && mode != other) {
            throw new IllegalArgumentException("a run is either delayed or inline, not both");
        }
        Enqueue copy = new Enqueue(this);
        copy.mode = other;
        return copy;
    }

    String name() {
        return name;
    }

    Arguments arguments() {
        return arguments;
    }

    Set<String> shards() {
        return shards;
    }

    BatchSettings settings(BatchSettings declared) {
        return settings.apply(declared);
    }

    KeyBounds bounds() {
        return bounds;
    }

    int maxAttempts() {
        return maxAttempts;
    }

    Mode mode() {
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
