package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Arguments;
import io.sluice.run.RunGroup;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import reactor.core.publisher.Mono;

/** Finds the group that a path means. */
final class GroupFinder {

    private final Sluice sluice;
    private final Orderable orderable;

    GroupFinder(Sluice sluice, Orderable orderable) {
        this.sluice = sluice;
        this.orderable = orderable;
    }

    /** Errors with {@link RunNotFoundException} where nobody has heard of it. Schema migrations take no arguments. */
    Mono<RunGroup> find(String kind, String name, String arguments) {
        return Mono.defer(() -> switch (Words.of(RunKind.class, "kind", kind)) {
            case DATA -> sluice.group(name, Arguments.parse(arguments));
            case SCHEMA -> sluice.schema().group(name).flatMap(this::known);
            case VERSIONED -> Mono.error(new RunNotFoundException("of kind VERSIONED"));
        });
    }

    /** There is nothing to declare for a schema migration, so one without runs may be a name that was misspelt. */
    private Mono<RunGroup> known(RunGroup group) {
        boolean anywhere = group.members().stream().anyMatch(it -> it.status() != RunGroup.Status.MISSING);
        return anywhere || orderable.hasSchemaMigration(group.name())
                ? Mono.just(group)
                : Mono.error(new RunNotFoundException("of kind SCHEMA named '" + group.name() + "'"));
    }
}
