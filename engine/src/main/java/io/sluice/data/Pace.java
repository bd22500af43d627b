package io.sluice.data;

import io.sluice.sql.SqlFault;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * When the next sub-batch of a lane may begin: after the rest that the last one earned, when it is the run's turn in the budget of
 * all shards, and with the permit of the throttle. At a share of full speed it rests in proportion to the time that the last one
 * took. All of it are stages before the call, so demand and cancel reach them like any other.
 */
final class Pace {

    /** Waits up to here stay inside the lease; longer ones hand the run back. */
    private static final Duration LONGEST_WAIT_IN_LEASE = Duration.ofMinutes(1);

    /** A run that was handed back is not claimed sooner, else it would take its slot from others again at once. */
    private static final Duration SHORTEST_HAND_BACK = Duration.ofSeconds(10);

    /** A throttle that is silent for so long does not know. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    /** Ms of a sub-batch while the health of the database is short of good. */
    private static final int UNDER_PRESSURE = 5;

    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    /** Long rests are cut: what the throttle said before one may not be true after it. */
    private static final long LONGEST_REST_UNASKED = TimeUnit.MILLISECONDS.toMicros(250);

    /** So often a run that rests sees whether its turn is over. */
    private static final long LONGEST_REST_ALONE = TimeUnit.SECONDS.toMicros(1);

    private final RunAtWork run;
    private final Throttle throttle;
    private final Throttling throttling;
    private final TurnTaking turns;
    private final boolean hurried;
    private final Scheduler scheduler;
    private volatile boolean rests;
    private volatile boolean slowed;
    private volatile boolean pressed;
    private volatile long restUntil;
    private volatile long ended;
    private volatile long worked;

    /**
     * @param rests whether the settings of the run have it rest, as far as known
     * @param hurried true when neither pauses nor the throttle nor the budget count: a foreground caller drives it
     */
    Pace(
            RunAtWork run,
            Throttle throttle,
            Throttling throttling,
            TurnTaking turns,
            boolean rests,
            boolean hurried,
            Scheduler scheduler) {
        this.run = run;
        this.throttle = throttle;
        this.throttling = throttling;
        this.turns = turns;
        this.rests = rests && !hurried;
        this.hurried = hurried;
        this.scheduler = scheduler;
    }

    /**
     * Makes the call when it may be made; errors with {@link ThrottledException} when that takes too long, or when the turn of the
     * run is over.
     */
    Mono<SubBatch> paced(Mono<SubBatch> call) {
        return permit().then(Mono.defer(() -> timed(call)));
    }

    /**
     * True while no call may be on its way behind another: while there is something to rest after each, and when the turn is over,
     * as the one behind would then end the run's turn and not know whether the one before was its last.
     */
    boolean isOneAtATime() {
        return rests || slowed || turns.turn().isOver();
    }

    /**
     * Time that a sub-batch may take, in ms; 0: as the settings say. Under pressure smaller ones are felt less than rests are, so
     * they come first.
     */
    int target() {
        return pressed ? UNDER_PRESSURE : 0;
    }

    /** The call, and after it a note of how long it took and which rest it earned. */
    Mono<SubBatch> timed(Mono<SubBatch> call) {
        long began = now();
        return turns.counted(call).doOnNext(done -> {
            long now = now();
            // one that was sent behind another began to work when that had ended
            worked = now - Math.max(began, ended);
            ended = now;
            rests = done.rests() && !hurried;
            restUntil = now + TimeUnit.MILLISECONDS.toMicros(done.pause().toMillis());
        });
    }

    /** Completes when the next call may be made. */
    Mono<Void> permit() {
        if (hurried) {
            return Mono.empty();
        }
        return rested().then(Mono.defer(this::inTurn));
    }

    /** The rest that is left, in pieces: who rests for an hour keeps no connection from others meanwhile. */
    private Mono<Void> rested() {
        return Mono.defer(() -> {
                    long left = restLeft();
                    return turns.notOver(left)
                            .then(left <= 0 ? Mono.<Long>empty() : delay(Math.min(left, LONGEST_REST_ALONE)));
                })
                .repeat(() -> restLeft() > 0)
                .then();
    }

    private long restLeft() {
        return rests ? restUntil - now() : 0;
    }

    /** The turn comes before the permit, for a permit may not be true any more after a wait. One that was not used is lost. */
    private Mono<Void> inTurn() {
        if (!turns.turn().isRated()) {
            return permitted(new Waits(now()));
        }
        AtomicBoolean unused = new AtomicBoolean();
        return Mono.defer(() -> turns.next().then(Mono.defer(() -> {
                    long asked = now();
                    return permitted(new Waits(asked))
                            .doOnSuccess(it -> unused.set(now() - asked > LONGEST_REST_UNASKED));
                })))
                .repeat(unused::get)
                .then();
    }

    /** Since when it has been waiting without a break. */
    private static final class Waits {

        private long since;

        Waits(long since) {
            this.since = since;
        }
    }

    /** One question after the other, not one within the other: there may be thousands. */
    private Mono<Void> permitted(Waits waits) {
        AtomicBoolean again = new AtomicBoolean();
        return decision()
                .flatMap(decision -> {
                    again.set(true);
                    slowed = decision.share() < 1;
                    pressed = !(decision instanceof Throttle.Permit);
                    if (decision instanceof Throttle.Wait wait) {
                        return waited(wait, waits);
                    }
                    waits.since = now();
                    long left = ended + rest(decision.share()) - now();
                    again.set(left > 0);
                    Mono<Void> told =
                            decision instanceof Throttle.Slow slow ? throttling.throttled(slow) : throttling.calm();
                    return left <= 0
                            ? told.then(Mono.<Long>empty())
                            : told.then(rested(Math.min(left, LONGEST_REST_UNASKED), decision));
                })
                .repeat(again::get)
                .then();
    }

    /** So that it works that share of its time. */
    private long rest(double share) {
        return Math.round(worked * (1 - share) / share);
    }

    private Mono<Throttle.Decision> decision() {
        return Mono.defer(() -> throttle.ask(run))
                .timeout(
                        ANSWER_WITHIN,
                        Mono.just(new Throttle.Wait("the throttle does not answer", ASK_AGAIN)),
                        scheduler)
                .onErrorResume(e -> Mono.just(new Throttle.Wait("the throttle failed: " + SqlFault.kind(e), ASK_AGAIN)))
                .defaultIfEmpty(new Throttle.Wait("the throttle says nothing", ASK_AGAIN));
    }

    private Mono<Long> waited(Throttle.Wait wait, Waits waits) {
        long askAgain = TimeUnit.MILLISECONDS.toMicros(wait.askAgain().toMillis());
        boolean tooLong =
                now() + askAgain - waits.since >= TimeUnit.NANOSECONDS.toMicros(LONGEST_WAIT_IN_LEASE.toNanos());
        // who may not work needs no connection either when others wait for one
        if (tooLong || turns.turn().isOver()) {
            Duration handedBack =
                    wait.askAgain().compareTo(SHORTEST_HAND_BACK) < 0 ? SHORTEST_HAND_BACK : wait.askAgain();
            return throttling
                    .handedBack(wait, handedBack)
                    .then(Mono.error(new ThrottledException(wait.reason(), handedBack)));
        }
        return throttling.throttled(wait).then(rested(askAgain, wait));
    }

    private Mono<Long> rested(long micros, Throttle.Decision because) {
        if (!(because instanceof Throttle.Restraint by)) {
            return delay(micros);
        }
        return Mono.defer(() -> {
            long began = now();
            return delay(micros)
                    .doOnNext(over -> throttling.lost(micros, by.source()))
                    // a wait that a pause cuts short was a wait
                    .doOnCancel(() -> throttling.lost(now() - began, by.source()));
        });
    }

    private Mono<Long> delay(long micros) {
        return Mono.delay(Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(micros)), scheduler);
    }

    private long now() {
        return scheduler.now(TimeUnit.MICROSECONDS);
    }
}
