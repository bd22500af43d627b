package io.sluice.schema;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A change of the schema, told from the catalog: whether it is done, what comes next, and what an interrupted attempt left. */
interface Change {

    /**
     * Judges from the catalog where it stands.
     *
     * @param applied whether its statement has been done, for changes that leave no trace in the catalog
     * @return one verdict; errors with {@link SchemaDefinitionException} when it cannot be done at all
     */
    Mono<Verdict> judge(Connection connection, boolean applied);

    /** Emits what has to be done so that nothing is left of an attempt that was cancelled or failed. */
    default Flux<Step> leftovers(Connection connection) {
        return Flux.empty();
    }

    /** Emits what has to be done so that nothing is left of the whole change, when it was cancelled. */
    default Flux<Step> undone(Connection connection) {
        return leftovers(connection);
    }

    /** Emits what is left that we have no right to remove, for people who have. */
    default Flux<String> notOurs(Connection connection) {
        return Flux.empty();
    }

    /** Emits notes for people, at the first look. */
    default Flux<String> notes(Connection connection) {
        return Flux.empty();
    }
}
