package io.sluice.throttle;

import io.r2dbc.spi.Connection;
import io.sluice.sql.TableName;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** How a signal measures. One that compares with what it saw before is made anew for each shard and table. */
@FunctionalInterface
interface Probe {

    /**
     * Emits one reading; an error means that it cannot be known.
     *
     * @param table of a run; null for signals that are none of a table
     */
    Mono<Reading> look(Connection connection, @Nullable TableName table);
}
