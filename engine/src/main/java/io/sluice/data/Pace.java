package io.sluice.data;

import io.sluice.run.RunId;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * When the next sub-batch may begin: after the rest that the last one earned, and with the permit of the throttle. Both are
 * stages before the call, so demand and cancel reach them like any other.
 */
final class Pace {

    /** Waits up to here stay inside the lease; longer ones hand the run back. */
    private static final Duration LONGEST_WAIT_IN_LEASE = Duration.ofMinutes(1);

    /** A throttle that is silent for so long does not know. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private final RunId run;
    private final Throttle throttle;
    private final boolean hurried;
    private final Scheduler scheduler;
    private volatile boolean rests;
    private volatile long restUntil;

    /**
     * @param rests whether the settings of the run have it rest, as far as known
     * @param hurried true when neither pauses nor the throttle count: a foreground caller drives it
     */
    Pace(RunId run, Throttle throttle, boolean rests, boolean hurried, Scheduler scheduler) {
        this.run = run;
        this.throttle = throttle;
        this.rests = rests && !hurried;
        this.hurried = hurried;
        this.scheduler = scheduler;
    }

    /** Completes when the next call may be made; errors with {@link ThrottledException} when that takes too long. */
    Mono<Void> permit() {
        if (hurried) {
            return Mono.empty();
        }
        long rest = rests ? restUntil - now() : 0;
        return (rest <= 0 ? Mono.<Long>empty() : Mono.delay(Duration.ofMillis(rest), scheduler))
                .then(Mono.defer(() -> permitted(now())));
    }

    /** True while there is something to rest after each call, so that no call may be on its way behind another. */
    boolean rests() {
        return rests;
    }

    /** Takes note of the rest that a sub-batch earned. */
    void after(SubBatch done) {
        if (!hurried) {
            rests = done.rests();
            restUntil = now() + done.pause().toMillis();
        }
    }

    /** One question after the other, not one within the other: there may be thousands. */
    private Mono<Void> permitted(long since) {
        AtomicBoolean waits = new AtomicBoolean();
        return decision()
                .flatMap(decision -> {
                    waits.set(decision instanceof Throttle.Wait);
                    return decision instanceof Throttle.Wait wait ? waited(wait, since) : Mono.<Long>empty();
                })
                .repeat(waits::get)
                .then();
    }

    private Mono<Throttle.Decision> decision() {
        return Mono.defer(() -> throttle.ask(run))
                .timeout(
                        ANSWER_WITHIN,
                        Mono.just(new Throttle.Wait("the throttle does not answer", ASK_AGAIN)),
                        scheduler)
                .onErrorResume(e -> Mono.just(new Throttle.Wait("the throttle failed: " + e.getMessage(), ASK_AGAIN)))
                .defaultIfEmpty(new Throttle.Wait("the throttle says nothing", ASK_AGAIN));
    }

    private Mono<Long> waited(Throttle.Wait wait, long since) {
        return now() + wait.askAgain().toMillis() - since >= LONGEST_WAIT_IN_LEASE.toMillis()
                ? Mono.error(new ThrottledException(wait.reason(), wait.askAgain()))
                : Mono.delay(wait.askAgain(), scheduler);
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
