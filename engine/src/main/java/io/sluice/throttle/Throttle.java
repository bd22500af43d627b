package io.sluice.throttle;

import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Decides whether a run may go on now, and how fast. It is asked before each sub-batch, as a stage of the pipeline: until it
 * permits, nothing is sent. How much a sub-batch does is not its business.
 *
 * <p>A function of your own is a throttle. Measures of the database with two thresholds come ready made, as {@link Signal}s.
 */
@FunctionalInterface
public interface Throttle {

    /**
     * Asked before each sub-batch.
     *
     * @return one decision. An error, an empty Mono or none within ten seconds is a reason to wait: unknown health slows down.
     */
    Mono<Decision> ask(RunAtWork run);

    /**
     * The throttle as it works for one shard, made once when a Sluice is built. What is asked on the shard's connections, or
     * remembers something of the shard, overrides it.
     */
    default Throttle at(Lookout shard) {
        return this;
    }

    /** Go, go slowly, or wait and ask again. */
    sealed interface Decision {

        /** Share of full speed, 0 to 1: what a run works of its time. */
        double share();
    }

    /**
     * Go on now.
     *
     * @param share above 0 to 1; below 1 the run rests after each sub-batch in proportion to the time that it took. That is how
     *     it is set up and no trouble, so nobody is told
     */
    record Permit(double share) implements Decision {

        public Permit() {
            this(1);
        }

        public Permit {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("the share of full speed must be above 0 up to 1, was " + share);
            }
        }
    }

    /** Less than full speed, because something is wrong. */
    sealed interface Restraint extends Decision {

        /** What restrains, when nothing else is said. */
        String ANY = "throttle";

        /** What is wrong, for people, as {@code replication lag 12 s, limit 10 s}. */
        String reason();

        /** What says so, for meters: one of a few names, as {@code replication lag}. */
        String source();
    }

    /**
     * Go on slowly.
     *
     * @param share of full speed, above 0 to 1: at 0.25 a run rests three times as long as it worked
     */
    record Slow(double share, String reason, String source) implements Restraint {

        public Slow {
            new Permit(share);
        }

        public Slow(double share, String reason) {
            this(share, reason, ANY);
        }
    }

    /**
     * Wait.
     *
     * @param askAgain when to ask again: 10 ms to 1 day
     */
    record Wait(String reason, Duration askAgain, String source) implements Restraint {

        private static final Duration SOONEST = Duration.ofMillis(10);
        private static final Duration LATEST = Duration.ofDays(1);

        public Wait {
            if (askAgain.compareTo(SOONEST) < 0 || askAgain.compareTo(LATEST) > 0) {
                throw new IllegalArgumentException(
                        "the throttle must be asked again after " + SOONEST + ".." + LATEST + ", was " + askAgain);
            }
        }

        public Wait(String reason, Duration askAgain) {
            this(reason, askAgain, ANY);
        }

        @Override
        public double share() {
            return 0;
        }
    }

    /** Permits always. */
    static Throttle none() {
        return load(1);
    }

    /**
     * A duty cycle: at 0.5 a run rests as long as it works. It bounds CPU, WAL and what replicas and vacuum must keep up with;
     * for the latency of others smaller sub-batches do more.
     *
     * @param share above 0 to 1
     */
    static Throttle load(double share) {
        Mono<Decision> permit = Mono.just(new Permit(share));
        return run -> permit;
    }

    /**
     * The slowest wins, and its reason; of those that wait, the one that is to be asked again last. Where one waits and asking took
     * more than a second and a half, the others are not asked any more.
     */
    static Throttle allOf(Throttle... throttles) {
        return throttles.length == 1 ? throttles[0] : new AllOf(List.of(throttles));
    }
}
