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
     * @return one decision. An error, an empty Mono or none within ten seconds is a reason to wait: unknown health slows down.
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
     * @param askAgain when to ask again: 10 ms to 1 day
     */
    record Wait(String reason, Duration askAgain) implements Decision {

        private static final Duration SOONEST = Duration.ofMillis(10);
        private static final Duration LATEST = Duration.ofDays(1);

        public Wait {
            if (askAgain.compareTo(SOONEST) < 0 || askAgain.compareTo(LATEST) > 0) {
                throw new IllegalArgumentException(
                        "the throttle must be asked again after " + SOONEST + ".." + LATEST + ", was " + askAgain);
            }
        }
    }

    /** Permits always. */
    static Throttle none() {
        Mono<Decision> permit = Mono.just(new Permit());
        return run -> permit;
    }
}
