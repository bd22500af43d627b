package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import reactor.core.publisher.Mono;

/**
 * Looking at a table takes a weak lock on it. Behind somebody who waits for a strong one that look would wait too, and so it
 * gets a limit, for its transaction only.
 */
final class LockLimit {

    private static final String SET = "select set_config('lock_timeout', '2s', true) as lock_timeout";

    private LockLimit() {}

    static Mono<Void> set(Connection connection) {
        return Statements.queryOne(connection, SET, row -> 1).then();
    }
}
