package io.sluice.throttle;

import io.sluice.run.RunId;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Decides whether a run may go on now. It is asked before each sub-batch, as a stage of the pipeline: until it permits, nothing
 * is sent. How much a sub-batch does is not its business.
 */
@FunctionalInterface
public interface Throttle {

    /**
     * Asked before each sub-batch.
     *
     * @return one decision. An error or an empty Mono counts as a reason to wait: unknown health slows down.
     */
    Mono<Decision> ask(RunId run);

    /** Go, or wait and ask again. */
    sealed interface Decision {}

    /** Go on now. */
    record Permit() implements Decision {}

    /**
     * Wait.
     *
     * @param reason what is wrong, for people
     * @param askAgain when to ask again
     */
    record Wait(String reason, Duration askAgain) implements Decision {}

    /** Permits always. */
    static Throttle none() {
        Mono<Decision> permit = Mono.just(new Permit());
        return run -> permit;
    }
}
