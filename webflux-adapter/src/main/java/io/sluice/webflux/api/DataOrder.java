package io.sluice.webflux.api;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.run.Arguments;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/**
 * A data migration that is to be enqueued.
 *
 * @param name of the migration
 * @param arguments a JSON array
 * @param shards on these only; absent: on all that the migration is declared for
 * @param settings other than the declared ones
 * @param delayed waits for approve
 * @param again begins a new run where the last one is over
 */
@Wire
record DataOrder(
        @Nullable String kind,
        @Nullable String name,
        @Nullable JsonNode arguments,
        @Nullable List<String> shards,
        @Nullable SettingsView settings,
        @Nullable Integer maxAttempts,
        @Nullable Boolean delayed,
        @Nullable Boolean again)
        implements Order {

    @Override
    public Flux<Enqueued> enqueue(Sluice sluice, Orderable orderable) {
        if (kind != null && !kind.equalsIgnoreCase("data")) {
            throw new IllegalArgumentException("kind must be data or schema, was '" + kind + "'");
        }
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("name is needed: the name of a migration");
        }
        orderable.requireDeclared(name);
        return sluice.enqueue(toEnqueue(name));
    }

    private Enqueue toEnqueue(String migration) {
        Enqueue order = Enqueue.of(migration);
        if (arguments != null) {
            order = order.arguments(Arguments.parse(arguments.toString()));
        }
        if (shards != null) {
            order = order.shards(shards.toArray(String[]::new));
        }
        if (settings != null) {
            order = order.settings(settings::over);
        }
        if (maxAttempts != null) {
            order = order.maxAttempts(maxAttempts);
        }
        if (Boolean.TRUE.equals(delayed)) {
            order = order.delayed();
        }
        return Boolean.TRUE.equals(again) ? order.again() : order;
    }
}
