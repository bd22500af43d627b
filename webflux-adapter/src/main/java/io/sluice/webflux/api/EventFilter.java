package io.sluice.webflux.api;

import io.sluice.event.SluiceEvent;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Which events a reader wants. A gap is about all runs, so everybody wants it.
 *
 * @param runs of these; empty: of any
 * @param kind of runs of this kind; null: of any
 * @param name of the migration of this name; null: of any
 * @param arguments of runs with these; null: with any
 */
record EventFilter(
        Set<RunId> runs,
        @Nullable RunKind kind,
        @Nullable String name,
        @Nullable Arguments arguments) {

    /** An event tells its run and its name; for the rest its run is looked up. One that is gone is told rather than hidden. */
    Mono<Boolean> wants(SluiceEvent event, Function<RunId, Mono<Run>> lookUp) {
        if (event instanceof SluiceEvent.Gap) {
            return Mono.just(true);
        }
        SluiceEvent.Origin origin = event.origin();
        if ((name != null && !name.equals(origin.migration())) || (!runs.isEmpty() && !runs.contains(origin.run()))) {
            return Mono.just(false);
        }
        return kind == null && arguments == null
                ? Mono.just(true)
                : lookUp.apply(origin.run())
                        .map(run -> (kind == null || kind == run.kind())
                                && (arguments == null || arguments.equals(run.arguments())))
                        .onErrorReturn(RunNotFoundException.class, true);
    }
}
