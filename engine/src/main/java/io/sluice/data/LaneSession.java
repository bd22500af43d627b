package io.sluice.data;

import reactor.core.publisher.Mono;

/** One lane on one connection: how a sub-batch is done there. */
interface LaneSession {

    /**
     * Does the next sub-batch, its work and its checkpoint in one transaction. Each subscription does another one.
     *
     * @param target time that the one after it may take, in ms; 0: as the settings say
     */
    Mono<SubBatch> next(int target);

    /** How many calls may be on the wire at once. */
    int depth();
}
