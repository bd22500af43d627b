package io.sluice.benchmarks.scale;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A query for one value in a session that is kept: where it is asked often, a session for each time would cost more than the answer.
 */
record Observer(Connection session, String query) implements AutoCloseable {

    static Observer of(Target target, String query) {
        return new Observer(requireNonNull(Mono.from(target.observer().create()).block(), "a session"), query);
    }

    String text() {
        return requireNonNull(
                Flux.from(session.createStatement(query).execute())
                        .concatMap(result -> result.map((row, columns) -> String.valueOf(row.get(0))))
                        .blockLast(),
                query);
    }

    /** For a query that yields a whole number. */
    long number() {
        return Long.parseLong(text());
    }

    @Override
    public void close() {
        Mono.from(session.close()).block();
    }
}
