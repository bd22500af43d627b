package io.sluice.sql;

import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * What becomes of a connection that was lent. Each completes when that is done.
 *
 * @param unused whoever had asked for it was gone before it came
 */
record Return(
        Function<Connection, Mono<Void>> complete,
        BiFunction<Connection, Throwable, Mono<Void>> error,
        Function<Connection, Mono<Void>> cancel,
        Function<Connection, Mono<Void>> unused) {

    private static final Duration ROLLBACK_WITHIN = Duration.ofSeconds(5);

    /** A physical connection for one use: what still runs on it ends with that. */
    static final Return DEDICATED = new Return(
            ServerCancel::discard,
            (connection, error) -> ServerCancel.interruptAndDiscard(connection),
            ServerCancel::interruptAndDiscard,
            ServerCancel::discard);

    /** A physical connection for one use: what still runs on it goes on, on the server. */
    static final Return ENTRUSTED = new Return(
            ServerCancel::discard,
            (connection, error) -> ServerCancel.discard(connection),
            ServerCancel::discard,
            ServerCancel::discard);

    static final Return AUTOCOMMITTED =
            new Return(Return::giveBack, Return::giveUp, ServerCancel::interruptAndDiscard, Return::giveBack);

    static final Return IN_TRANSACTION =
            new Return(Return::giveBack, Return::rollback, ServerCancel::interruptAndDiscard, Return::giveBack);

    private static Mono<Void> giveBack(Connection connection) {
        return Mono.from(connection.close());
    }

    private static Mono<Void> giveUp(Connection connection, Throwable error) {
        return error instanceof DatabaseUnreachableException
                ? ServerCancel.interruptAndDiscard(connection)
                : giveBack(connection);
    }

    private static Mono<Void> rollback(Connection connection, Throwable error) {
        // a statement may still be at work then
        return error instanceof DatabaseUnreachableException || error instanceof TimeoutException
                ? ServerCancel.interruptAndDiscard(connection)
                : Mono.from(connection.rollbackTransaction())
                        .timeout(ROLLBACK_WITHIN)
                        .then(Mono.defer(() -> giveBack(connection)))
                        .onErrorResume(e -> ServerCancel.discard(connection));
    }
}
