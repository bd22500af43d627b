package io.sluice.data;

import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.SluiceException;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A backfill that a developer declares, known by its name. Its work may depend on the arguments it is enqueued with. It is
 * immutable and may be declared on any number of instances; all of them must declare the same under one name.
 *
 * <pre>{@code
 * DataMigration.of("users-lower-email",
 *         Work.sql(Source.table("app.users"), "update app.users set email_lower = lower(email) where {batch}")
 *                 .remaining("email_lower is null and email is not null"));
 * }</pre>
 */
public final class DataMigration {

    private static final int LONGEST_NAME = 200;

    private final String name;
    private final Function<Arguments, ? extends Work> factory;
    private final BatchSettings settings;
    private final Set<String> shards;
    private final Callbacks callbacks;

    private DataMigration(
            String name,
            Function<Arguments, ? extends Work> factory,
            BatchSettings settings,
            Set<String> shards,
            Callbacks callbacks) {
        if (name.isBlank() || name.length() > LONGEST_NAME) {
            throw new DefinitionException(
                    "name of a migration must be 1.." + LONGEST_NAME + " characters, was '" + name + "'");
        }
        this.name = name;
        this.factory = factory;
        this.settings = settings;
        this.shards = Set.copyOf(shards);
        this.callbacks = callbacks;
    }

    /** A migration that takes no arguments. */
    public static DataMigration of(String name, Work work) {
        Objects.requireNonNull(work, "work");
        return new DataMigration(
                name,
                arguments -> {
                    if (arguments.size() > 0) {
                        throw new IllegalArgumentException("it takes no arguments, " + arguments.size() + " given");
                    }
                    return work;
                },
                BatchSettings.DEFAULTS,
                Set.of(),
                Callbacks.none());
    }

    /**
     * A migration whose work is made from the arguments.
     *
     * @param factory called when it is enqueued and each time it is claimed; must give the same for the same arguments. An
     *     {@link IllegalArgumentException} says that the arguments have the wrong shape
     */
    public static DataMigration of(String name, Function<Arguments, ? extends Work> factory) {
        return new DataMigration(name, factory, BatchSettings.DEFAULTS, Set.of(), Callbacks.none());
    }

    /** The same migration with other settings for runs that are given none. */
    public DataMigration with(UnaryOperator<BatchSettings> change) {
        return new DataMigration(name, factory, change.apply(settings), shards, callbacks);
    }

    /** The same migration, declared for these shards only; without it, for all. Its run group has just these members. */
    public DataMigration on(String... names) {
        return new DataMigration(name, factory, settings, Set.of(names), callbacks);
    }

    /** The same migration, which calls these at turns of the life of its runs. */
    public DataMigration callbacks(Callbacks called) {
        return new DataMigration(name, factory, settings, shards, called);
    }

    public String name() {
        return name;
    }

    public BatchSettings settings() {
        return settings;
    }

    /** Names of the shards that it is declared for; empty: all. */
    public Set<String> shards() {
        return shards;
    }

    Callbacks callbacks() {
        return callbacks;
    }

    /**
     * The work for these arguments.
     *
     * @throws DefinitionException when the migration cannot be made from them
     */
    Work work(Arguments arguments) {
        try {
            return Objects.requireNonNull(factory.apply(arguments), "the factory gave no work");
        } catch (SluiceException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            throw new DefinitionException(
                    "migration '" + name + "' cannot be made from the arguments " + arguments + ": " + e.getMessage(),
                    e);
        }
    }

    @Override
    public String toString() {
        return "DataMigration[" + name + "]";
    }
}
