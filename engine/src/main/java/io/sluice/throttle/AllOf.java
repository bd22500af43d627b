package io.sluice.throttle;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Timed;

/** Several throttles as one: as slow as the slowest. */
record AllOf(List<Throttle> throttles) implements Throttle {

    /** Signals take a connection each while they look; the ledger needs some of the few, too. */
    private static final int AT_ONCE = 2;

    /** Where a database hangs, each of many signals would hang for as long as it may: one that has to wait by then is enough. */
    private static final Duration ALL_WITHIN = Duration.ofMillis(1_500);

    private static final Comparator<Decision> SLOWEST_FIRST =
            Comparator.comparingDouble(Decision::share).thenComparing(AllOf::askAgainMillis, Comparator.reverseOrder());

    @Override
    public Mono<Decision> ask(RunAtWork run) {
        return Flux.fromIterable(throttles)
                .flatMapSequential(it -> decision(it, run), AT_ONCE)
                .timed()
                .takeUntil(it -> it.get() instanceof Wait
                        && it.elapsedSinceSubscription().compareTo(ALL_WITHIN) > 0)
                .map(Timed::get)
                .reduce(new Permit(), (one, other) -> SLOWEST_FIRST.compare(other, one) < 0 ? other : one);
    }

    /** One that says nothing must not be taken for one that permits. */
    private static Mono<Decision> decision(Throttle throttle, RunAtWork run) {
        return throttle.ask(run)
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("one of several throttles says nothing")));
    }

    @Override
    public Throttle at(Lookout shard) {
        return new AllOf(throttles.stream().map(it -> it.at(shard)).toList());
    }

    private static long askAgainMillis(Decision decision) {
        return decision instanceof Wait wait ? wait.askAgain().toMillis() : 0;
    }
}
