package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunId;
import io.sluice.shard.Budget;
import io.sluice.shard.Turn;
import io.sluice.shard.Turns;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** How the pace of a run keeps to the budget of all shards. */
class PaceInTurnTest {

    private static final Duration TURN = Duration.ofSeconds(30);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<String> told = new ArrayList<>();
    private final List<String> throttled = new ArrayList<>();
    private final AtomicLong waited = new AtomicLong();
    private Throttle.Decision health = new Throttle.Permit();

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    /** The turn of a run on a budget of one connection, and another run that waits for it. */
    private Turn wantedTurn(Budget budget) {
        Turns turns = new Turns(budget.withConnections(1).withTurn(TURN), time);
        AtomicReference<Turn> mine = new AtomicReference<>();
        turns.atWork("mine", true, Mono.never(), () -> {}, turn -> {
                    mine.set(turn);
                    return Flux.never();
                })
                .subscribe();
        turns.atWork("other", true, Mono.never(), () -> {}, turn -> Flux.never())
                .subscribe();
        return mine.get();
    }

    private TurnTaking taking(Turn turn) {
        return new TurnTaking(
                turn, reason -> Mono.fromRunnable(() -> told.add(String.valueOf(reason))), waited::addAndGet, time);
    }

    private Pace pace(TurnTaking turns) {
        return new Pace(
                new RunAtWork(new RunId("mine", 1), null),
                run -> Mono.just(health),
                new Throttling((reason, lost) -> Mono.fromRunnable(() -> throttled.add(reason)), false, time),
                turns,
                true,
                false,
                time);
    }

    private static SubBatch done(Duration pause) {
        return new SubBatch(SubBatch.State.COMMITTED, 10, 10, pause, true);
    }

    private long now() {
        return time.now(TimeUnit.MILLISECONDS);
    }

    private static final class Outcome {
        private Throwable error;
        private boolean done;
    }

    private static Outcome outcome(Mono<?> of) {
        Outcome outcome = new Outcome();
        of.subscribe(it -> {}, e -> outcome.error = e, () -> outcome.done = true);
        return outcome;
    }

    private static void assertHandedBack(Outcome outcome, Duration askAgain) {
        assertThat(outcome.error).isInstanceOf(ThrottledException.class);
        ThrottledException handedBack = (ThrottledException) outcome.error;
        assertThat(handedBack.reason()).startsWith("its turn is over: others wait for one of the 1 connections");
        assertThat(handedBack.askAgain()).isEqualTo(askAgain);
    }

    @Test
    void aTurnThatIsOverEndsBetweenTwoSubBatches() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS)));
        Outcome slow = outcome(pace.paced(Mono.delay(TURN.multipliedBy(2), time).thenReturn(done(Duration.ZERO))));

        time.advanceTimeBy(TURN.multipliedBy(2));
        assertThat(slow.done).as("what is in flight comes to its end").isTrue();

        assertHandedBack(outcome(pace.permit()), Duration.ZERO);
        assertThat(throttled).as("that is no throttling").isEmpty();
    }

    @Test
    void whenTheTurnIsOverNoCallFollowsOnTheHeelsOfAnother() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS)));
        outcome(pace.paced(Mono.just(new SubBatch(SubBatch.State.COMMITTED, 10, 10, Duration.ZERO, false))));
        assertThat(pace.isOneAtATime()).isFalse();

        time.advanceTimeBy(TURN);

        assertThat(pace.isOneAtATime()).isTrue();
    }

    @Test
    void aRunThatHasBegunNothingYetMayDoOneSubBatch() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS)));
        time.advanceTimeBy(TURN.multipliedBy(2));

        assertThat(outcome(pace.paced(Mono.just(done(Duration.ZERO)))).done).isTrue();
        assertHandedBack(outcome(pace.permit()), Duration.ZERO);
    }

    @Test
    void aLaneThatFindsTheTurnOverLetsTheOthersEndTheirSubBatch() {
        TurnTaking turns = taking(wantedTurn(Budget.DEFAULTS));
        Pace lane = pace(turns);
        outcome(lane.paced(Mono.just(done(Duration.ZERO))));
        Sinks.One<SubBatch> other = Sinks.one();
        outcome(pace(turns).paced(other.asMono()));
        time.advanceTimeBy(TURN);

        Outcome over = outcome(lane.permit());
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(over.error).isNull();

        other.tryEmitValue(done(Duration.ZERO));
        time.advanceTimeBy(Duration.ofMillis(10));
        assertHandedBack(over, Duration.ZERO);
    }

    @Test
    void aLongRestIsNotSpentOnTheConnectionThatOthersWaitFor() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS)));
        outcome(pace.paced(Mono.just(done(Duration.ofHours(1)))));

        Outcome rest = outcome(pace.permit());
        time.advanceTimeBy(TURN.minusSeconds(1));
        assertThat(rest.error).isNull();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertHandedBack(rest, Duration.ofHours(1).minus(TURN));
    }

    @Test
    void whoIsThrottledGivesItsConnectionUpWhenItsTurnIsOver() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS)));
        health = new Throttle.Wait("replica lags", Duration.ofSeconds(1));

        Outcome permit = outcome(pace.permit());
        time.advanceTimeBy(TURN.minusSeconds(1));
        assertThat(permit.error).isNull();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(permit.error).isInstanceOf(ThrottledException.class).hasMessageContaining("replica lags");
        assertThat(((ThrottledException) permit.error).askAgain()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void eachSubBatchWaitsForTheRateAndSaysSoWhenThatIsLong() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS.withSubBatchesPerSecond(1))));
        List<Long> at = new ArrayList<>();
        Mono<SubBatch> call = Mono.fromSupplier(() -> {
            at.add(now());
            return done(Duration.ZERO);
        });
        long began = now();

        outcome(pace.paced(call));
        outcome(pace.paced(call));
        outcome(pace.paced(call));
        time.advanceTimeBy(Duration.ofMillis(1_999));
        assertThat(at).hasSize(2);
        assertThat(told).containsExactly("waits for its turn: the budget is 1 sub-batches a second over all shards");
        time.advanceTimeBy(Duration.ofMillis(1));

        assertThat(at.stream().map(it -> it - began)).containsExactly(0L, 1_000L, 2_000L);
        assertThat(waited).hasValue(3_000);
        assertThat(throttled).as("that is no throttling").isEmpty();

        time.advanceTimeBy(Duration.ofSeconds(10));
        outcome(pace.paced(call));
        assertThat(told).as("when it is over for a while").last().isEqualTo("null");
    }

    @Test
    void aPermitOfTheRateThatTheThrottleLetGoByIsNotUsedLater() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS.withSubBatchesPerSecond(1))));
        health = new Throttle.Wait("busy", Duration.ofSeconds(10));
        Outcome first = outcome(pace.paced(Mono.just(done(Duration.ZERO))));
        Outcome second = outcome(pace(taking(Turn.FREE)).paced(Mono.just(done(Duration.ZERO))));
        health = new Throttle.Permit();

        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(first.done).isTrue();
        assertThat(second.done).isTrue();
    }

    @Test
    void whoCancelsWhileItWaitsLeavesItsTurnToTheNext() {
        Pace pace = pace(taking(wantedTurn(Budget.DEFAULTS.withSubBatchesPerSecond(1))));
        outcome(pace.permit());
        Disposable impatient = pace.permit().subscribe();
        Outcome next = outcome(pace.permit());

        impatient.dispose();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(next.done).isTrue();
    }
}
