package io.sluice.shard;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a run that is worked on may take of the {@link Budget}. */
public interface Turn {

    /** Of who takes nothing from the budget: it has no end and no rate. */
    Turn FREE = new Turn() {};

    /** True when the run has had its time and others wait for its connection. */
    default boolean isOver() {
        return false;
    }

    /** Why it is over, for people. */
    default String whyOver() {
        return "";
    }

    /**
     * Does some of the work on a further connection, when there is one in the budget that nobody waits for.
     *
     * @param until not waited for any longer when this completes
     * @return what the work emits; empty when it did not come to it
     */
    default <T> Flux<T> alongside(Publisher<?> until, Flux<T> work) {
        return work;
    }

    /** True when there is a bound to the sub-batches per second. */
    default boolean isRated() {
        return false;
    }

    /** Completes when the next sub-batch may begin, by the rate of all shards; cancelling leaves that to the next. */
    default Mono<Void> subBatch() {
        return Mono.empty();
    }

    /** What a run waits for there, for people. */
    default String whyWaiting() {
        return "";
    }
}
