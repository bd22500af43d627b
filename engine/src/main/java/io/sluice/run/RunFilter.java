package io.sluice.run;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which runs are meant. What is left empty does not choose.
 *
 * @param statuses standing at one of these; empty: at any
 * @param kind null: any
 * @param name name of the migration; null: any
 * @param shards on these; empty: on all
 */
public record RunFilter(
        Set<RunStatus> statuses,
        @Nullable RunKind kind,
        @Nullable String name,
        Set<String> shards) {

    /** All of them. */
    public static final RunFilter ALL = new RunFilter(Set.of(), null, null, Set.of());

    public RunFilter {
        statuses = Set.copyOf(statuses);
        shards = Set.copyOf(shards);
    }

    public RunFilter standing(RunStatus... at) {
        return new RunFilter(Set.of(at), kind, name, shards);
    }

    public RunFilter of(RunKind only) {
        return new RunFilter(statuses, only, name, shards);
    }

    public RunFilter named(String migration) {
        return new RunFilter(statuses, kind, migration, shards);
    }

    public RunFilter on(String... names) {
        return new RunFilter(statuses, kind, name, Set.of(names));
    }
}
