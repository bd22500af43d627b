package io.sluice.benchmarks.scale;

import static io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider.APPLICATION_NAME;
import static io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider.SCHEMA;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Result;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * A database by its address, with a little SQL for threads that may wait. Each call has a session of its own, named {@link
 * #OBSERVER}, so that those of Sluice can be told from it.
 */
record Target(ConnectionFactoryOptions options) {

    static final String OBSERVER = "scale-observer";

    /** Another database of the same server. */
    Target database(String name) {
        return new Target(
                options.mutate().option(ConnectionFactoryOptions.DATABASE, name).build());
    }

    /** As an application connects. */
    ConnectionFactory connections() {
        return ConnectionFactories.get(options);
    }

    /** As an application connects whose tables are in this schema. */
    ConnectionFactory connections(String schema) {
        return ConnectionFactories.get(options.mutate().option(SCHEMA, schema).build());
    }

    /** Statements in this order, however long they take. Several in one string share a transaction. */
    void execute(String... statements) {
        Flux.usingWhen(
                        observer().create(),
                        connection -> Flux.fromIterable(List.of(statements))
                                .concatMap(sql -> Flux.from(
                                                connection.createStatement(sql).execute())
                                        .concatMap(Result::getRowsUpdated)),
                        Connection::close)
                .then()
                .block();
    }

    /** The one value that a query yields. */
    String text(String query) {
        try (Observer observer = Observer.of(this, query)) {
            return observer.text();
        }
    }

    /** The one whole number that a query yields. */
    long number(String query) {
        return Long.parseLong(text(query));
    }

    /** What is not of Sluice. */
    ConnectionFactory observer() {
        return ConnectionFactories.get(
                options.mutate().option(APPLICATION_NAME, OBSERVER).build());
    }
}
