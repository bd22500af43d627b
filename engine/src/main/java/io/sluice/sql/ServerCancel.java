package io.sluice.sql;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Ends what a connection does, on the server too. Cancelling a publisher of the driver does not: the statement goes on, and
 * whoever borrows the connection next waits for it (r2dbc-postgresql issues 121, 251 and 536).
 */
public final class ServerCancel {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_REQUESTS = Duration.ofMillis(50);

    private ServerCancel() {}

    /** The driver's connection under pools and decorators; empty when it is not one of r2dbc-postgresql. */
    public static Optional<PostgresqlConnection> unwrap(Connection connection) {
        Object inner = connection;
        while (!(inner instanceof PostgresqlConnection)) {
            if (!(inner instanceof Wrapped<?> wrapped) || wrapped.unwrap() == inner) {
                return Optional.empty();
            }
            inner = wrapped.unwrap();
        }
        return Optional.of((PostgresqlConnection) inner);
    }

    /**
     * Sends the server a cancel request and discards the connection: a late request can then hit nobody else's statement.
     * Completes always; errors of a connection that is discarded are of no interest.
     */
    public static Mono<Void> interruptAndDiscard(Connection connection) {
        return unwrap(connection)
                .map(ServerCancel::interrupt)
                .orElse(Mono.empty())
                .then(discard(connection));
    }

    /** A request ends one statement, but another may be on its way behind it: so until the connection answers, again. */
    private static Mono<Void> interrupt(PostgresqlConnection pg) {
        Mono<Void> answer = Statements.script(pg, "select 1").onErrorComplete();
        return Flux.interval(Duration.ZERO, BETWEEN_REQUESTS)
                .onBackpressureDrop()
                .concatMap(tick -> pg.cancelRequest().onErrorComplete(), 1)
                .takeUntilOther(answer)
                .then()
                .timeout(PATIENCE)
                .onErrorComplete();
    }

    /** Closes the physical connection under a pooled one, so that the pool does not hand it out again. Completes always. */
    public static Mono<Void> discard(Connection connection) {
        return unwrap(connection)
                .map(pg -> pg.close().timeout(PATIENCE).onErrorComplete())
                .orElse(Mono.empty())
                .then(Mono.from(connection.close()).timeout(PATIENCE).onErrorComplete());
    }
}
