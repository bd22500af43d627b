package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunId;
import io.sluice.shard.Turn;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import io.sluice.throttle.Throttle.Restraint;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.test.scheduler.VirtualTimeScheduler;

class PaceTest {

    private static final RunAtWork RUN = new RunAtWork(new RunId("main", 1), null);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    /** What became of a request for a permit, and when. */
    private final class Request {

        private SignalType end;
        private Throwable error;
        private long endedAt = -1;
        private final Disposable subscription;

        Request(Mono<Void> permit) {
            subscription = permit.doFinally(signal -> {
                        end = signal;
                        endedAt = now();
                    })
                    .subscribe(never -> {}, e -> error = e);
        }
    }

    private Mono<Void> tell(String reason, Map<String, Duration> lost) {
        Duration all = lost.values().stream().reduce(Duration.ZERO, Duration::plus);
        return Mono.fromRunnable(() -> told.add(reason + " " + all.toMillis()));
    }

    private long now() {
        return time.now(TimeUnit.MILLISECONDS);
    }

    private Pace pace(Throttle throttle, boolean rests, boolean hurried) {
        return new Pace(
                RUN,
                run -> {
                    asked.incrementAndGet();
                    return throttle.ask(run);
                },
                new Throttling(this::tell, false, time),
                turnTaking(Turn.FREE),
                rests,
                hurried,
                time);
    }

    private TurnTaking turnTaking(Turn turn) {
        return new TurnTaking(turn, reason -> Mono.empty(), millis -> {}, time);
    }

    private static Throttle answers(Throttle.Decision... decisions) {
        Deque<Throttle.Decision> next = new ArrayDeque<>(List.of(decisions));
        return run -> Mono.justOrEmpty(next.size() > 1 ? next.poll() : next.peek());
    }

    private static Throttle.Wait waitFor(String reason, Duration askAgain) {
        return new Throttle.Wait(reason, askAgain);
    }

    /** A call that took so long and came to this. */
    private void after(Pace pace, Duration worked, SubBatch done) {
        pace.timed(Mono.delay(worked, time).thenReturn(done)).subscribe();
        time.advanceTimeBy(worked);
    }

    private static SubBatch done(Duration pause, boolean rests) {
        return new SubBatch(SubBatch.State.COMMITTED, 10, 10, pause, rests);
    }

    @Nested
    class Rest {

        @Test
        void aPermitComesAtOnceWhenThereIsNothingToRest() {
            Request request = new Request(pace(Throttle.none(), true, false).permit());

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(request.endedAt).isEqualTo(now());
        }

        @Test
        void aPermitComesAfterTheRestOfTheLastSubBatch() {
            Pace pace = pace(Throttle.none(), false, false);
            after(pace, Duration.ZERO, done(Duration.ofMillis(300), true));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(299));
            assertThat(request.end).isNull();
            assertThat(asked).as("the throttle is asked when the rest is over").hasValue(0);

            time.advanceTimeBy(Duration.ofMillis(1));
            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(asked).hasValue(1);
        }

        @Test
        void timeThatPassedBeforeTheRequestIsPartOfTheRest() {
            Pace pace = pace(Throttle.none(), true, false);
            after(pace, Duration.ZERO, done(Duration.ofMillis(300), true));
            time.advanceTimeBy(Duration.ofMillis(200));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(100));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void noCallIsSentBehindAnotherWhileTheRunRests() {
            Pace pace = pace(Throttle.none(), true, false);
            assertThat(pace.isOneAtATime()).isTrue();

            after(pace, Duration.ZERO, done(Duration.ZERO, true));
            assertThat(pace.isOneAtATime())
                    .as("a rest is due later, at the end of the batch")
                    .isTrue();

            after(pace, Duration.ZERO, done(Duration.ZERO, false));
            assertThat(pace.isOneAtATime()).as("settings were changed").isFalse();
        }
    }

    @Nested
    class Throttled {

        @Test
        void itWaitsAndAsksAgain() {
            Throttle.Wait wait = waitFor("replica lags", Duration.ofSeconds(5));
            Pace pace = pace(answers(wait, wait, new Throttle.Permit()), false, false);

            Request request = new Request(pace.permit());
            assertThat(request.end).isNull();
            time.advanceTimeBy(Duration.ofSeconds(5));
            assertThat(asked).hasValue(2);
            assertThat(request.end).isNull();
            time.advanceTimeBy(Duration.ofSeconds(5));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(asked).hasValue(3);
        }

        @Test
        void withinAMinuteItHandsBackWithTheReason() {
            Throttle.Wait wait = waitFor("replica lags", Duration.ofSeconds(5));
            Request request = new Request(pace(answers(wait), false, false).permit());

            time.advanceTimeBy(Duration.ofMillis(54_999));
            assertThat(request.end).isNull();
            time.advanceTimeBy(Duration.ofMillis(1));

            handedBack(request, "replica lags", Duration.ofSeconds(10));
        }

        @Test
        void aLongWaitIsHandedBackAtOnce() {
            Request request = new Request(pace(answers(waitFor("vacuum", Duration.ofMinutes(1))), false, false)
                    .permit());

            handedBack(request, "vacuum", Duration.ofMinutes(1));
            assertThat(request.endedAt).isEqualTo(now());
        }

        @Test
        void aWaitJustBelowAMinuteStaysInTheLease() {
            Throttle.Wait wait = waitFor("vacuum", Duration.ofMillis(59_999));
            Request request = new Request(
                    pace(answers(wait, new Throttle.Permit()), false, false).permit());

            time.advanceTimeBy(Duration.ofMillis(59_999));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void theMinuteIsThatOfOnePermit() {
            Throttle.Wait wait = waitFor("busy", Duration.ofSeconds(40));
            Pace pace = pace(answers(wait, new Throttle.Permit(), wait, new Throttle.Permit()), false, false);

            for (int i = 0; i < 2; i++) {
                Request request = new Request(pace.permit());
                time.advanceTimeBy(Duration.ofSeconds(40));
                assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            }
        }

        @Test
        void restIsNotCountedIntoTheMinute() {
            Pace pace = pace(answers(waitFor("busy", Duration.ofSeconds(30)), new Throttle.Permit()), false, false);
            after(pace, Duration.ZERO, done(Duration.ofMinutes(10), true));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMinutes(10).plusSeconds(30));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void cancellingStopsAsking() {
            Request request = new Request(pace(answers(waitFor("busy", Duration.ofSeconds(1))), false, false)
                    .permit());
            time.advanceTimeBy(Duration.ofSeconds(3));
            int before = asked.get();

            request.subscription.dispose();
            time.advanceTimeBy(Duration.ofSeconds(30));

            assertThat(asked).hasValue(before);
        }

        /** Asking thousands of times must not pile up one wait inside the other. */
        @Test
        void askingOftenDoesNotEatTheStack() {
            Request request = new Request(pace(answers(waitFor("busy", Duration.ofMillis(10))), false, false)
                    .permit());

            time.advanceTimeBy(Duration.ofMinutes(1));

            assertThat(asked.get()).isGreaterThan(5_000);
            handedBack(request, "busy", Duration.ofSeconds(10));
        }
    }

    @Nested
    class Slowed {

        private final Throttle.Slow slow = new Throttle.Slow(0.25, "busy");

        @Test
        void aShareOfFullSpeedIsARestInProportionToTheWork() {
            Pace pace = pace(answers(slow), false, false);
            after(pace, Duration.ofMillis(40), done(Duration.ZERO, false));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(119));
            assertThat(request.end).isNull();
            time.advanceTimeBy(Duration.ofMillis(1));

            assertThat(request.end).as("three times 40 ms").isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void aDutyCycleOfAHalfRestsAsLongAsItWorksAndTellsNobody() {
            Pace pace = pace(Throttle.load(0.5), false, false);
            long began = now();
            for (int i = 0; i < 100; i++) {
                Request request = new Request(pace.permit());
                time.advanceTimeBy(Duration.ofMillis(i == 0 ? 0 : 20));
                assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
                after(pace, Duration.ofMillis(20), done(Duration.ZERO, false));
            }

            assertThat(now() - began).isEqualTo(100 * 20 + 99 * 20);
            assertThat(told).isEmpty();
        }

        @Test
        void timeThatPassedIsPartOfTheRestAndALongerPauseIsEnough() {
            Pace pace = pace(answers(slow), false, false);
            after(pace, Duration.ofMillis(40), done(Duration.ofMillis(150), true));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(150));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void aLongRestIsCutShortWhenTheThrottleSaysSo() {
            Pace pace = pace(answers(slow, slow, new Throttle.Permit()), false, false);
            after(pace, Duration.ofSeconds(10), done(Duration.ZERO, false));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(500));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(asked).hasValue(3);
        }

        @Test
        void aLongRestTurnsIntoAWaitWhenTheThrottleSaysSo() {
            Pace pace = pace(answers(slow, waitFor("worse", Duration.ofSeconds(5))), false, false);
            after(pace, Duration.ofSeconds(1), done(Duration.ZERO, false));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofSeconds(30));

            assertThat(request.end).isNull();
        }

        @Test
        void noCallIsSentBehindAnotherWhileItIsSlowed() {
            Pace pace = pace(answers(slow, new Throttle.Permit()), false, false);
            assertThat(pace.isOneAtATime()).isFalse();

            new Request(pace.permit());
            assertThat(pace.isOneAtATime()).isTrue();

            new Request(pace.permit());
            assertThat(pace.isOneAtATime()).isFalse();
        }

        @Test
        void whatWaitedBehindAnotherCallDidNotWorkYet() {
            Pace pace = pace(Throttle.load(0.5), false, false);
            pace.timed(Mono.delay(Duration.ofMillis(100), time).thenReturn(done(Duration.ZERO, false)))
                    .subscribe();
            pace.timed(Mono.delay(Duration.ofMillis(130), time).thenReturn(done(Duration.ZERO, false)))
                    .subscribe();
            time.advanceTimeBy(Duration.ofMillis(130));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(30));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }
    }

    @Nested
    class Told {

        @Test
        void aWaitIsToldWhenItBeginsWithItsReasonAndWhatItCostAgainAndAgain() {
            Throttle.Wait wait = waitFor("lags", Duration.ofMillis(500));
            new Request(pace(answers(wait), false, false).permit());

            assertThat(told).containsExactly("lags 0");
            time.advanceTimeBy(Duration.ofSeconds(4));

            assertThat(told).containsExactly("lags 0", "lags 2000", "lags 2000");
        }

        @Test
        void itsEndIsToldOnceItHasBeenCalmForAWhile() {
            Throttle.Wait wait = waitFor("lags", Duration.ofMillis(500));
            Pace pace = pace(answers(wait, new Throttle.Permit(), wait, new Throttle.Permit()), false, false);
            for (int i = 0; i < 2; i++) {
                new Request(pace.permit());
                time.advanceTimeBy(Duration.ofMillis(1500));
            }
            assertThat(told).as("what swings is told once").containsExactly("lags 0");
            time.advanceTimeBy(Duration.ofSeconds(5));

            new Request(pace.permit());

            assertThat(told).containsExactly("lags 0", "null 1000");
        }

        @Test
        void aHandBackIsToldWithTheTimeUntilTheRunMayBeClaimed() {
            new Request(pace(answers(waitFor("vacuum", Duration.ofMinutes(2))), false, false)
                    .permit());

            assertThat(told).containsExactly("vacuum 120000");
        }

        private static final Restraint LAGS = new Throttle.Wait("lags", Duration.ofSeconds(1), "replication lag");

        @Test
        void whatItCostIsToldByItsSourceWhenItIsOverToo() {
            List<String> sources = new ArrayList<>();
            Throttling throttling = new Throttling(
                    (reason, lost) -> Mono.fromRunnable(() -> sources.add(reason + " " + new TreeMap<>(lost))),
                    false,
                    time);

            throttling.throttled(LAGS).block();
            throttling.lost(3_000, LAGS.source());
            time.advanceTimeBy(Duration.ofMillis(1));
            throttling.lost(1_000, "vacuum");
            throttling.end().block();

            assertThat(sources).containsExactly("lags {}", "null {replication lag=PT0.003S, vacuum=PT0.001S}");
        }

        @Test
        void whatCannotBeToldIsNoFailureAndIsToldLater() {
            AtomicInteger tries = new AtomicInteger();
            Throttling throttling = new Throttling(
                    (reason, lost) -> tries.getAndIncrement() == 1
                            ? Mono.error(new IllegalStateException("gone"))
                            : tell(reason, lost),
                    false,
                    time);
            throttling.throttled(LAGS).block();
            throttling.lost(7_000, LAGS.source());
            time.advanceTimeBy(Duration.ofSeconds(2));
            throttling.throttled(LAGS).block();
            throttling.lost(5_000, LAGS.source());
            time.advanceTimeBy(Duration.ofSeconds(2));

            throttling.throttled(LAGS).block();

            assertThat(told).containsExactly("lags 0", "lags 12");
        }

        @Test
        void whatAnEarlierLeaseLeftOpenIsEnded() {
            Throttling throttling = new Throttling(PaceTest.this::tell, true, time);

            throttling.calm().block();
            time.advanceTimeBy(Duration.ofSeconds(5));
            throttling.calm().block();
            throttling.end().block();

            assertThat(told).containsExactly("null 0");
        }
    }

    @Nested
    class UnknownHealth {

        private void waitsWith(Supplier<Mono<Throttle.Decision>> health, String reason) {
            Request request =
                    new Request(pace(run -> health.get(), false, false).permit());
            assertThat(request.end).isNull();

            time.advanceTimeBy(Duration.ofMinutes(2));

            assertThat(asked.get()).isGreaterThan(1);
            assertThat(request.error).isInstanceOf(ThrottledException.class).hasMessage("throttled: " + reason);
        }

        @Test
        void anErrorIsAReasonToWait() {
            waitsWith(
                    () -> Mono.error(new IllegalStateException("no route")),
                    "the throttle failed: IllegalStateException");
        }

        @Test
        void anErrorThatIsThrownIsAReasonToWait() {
            waitsWith(
                    () -> {
                        throw new IllegalStateException("no route");
                    },
                    "the throttle failed: IllegalStateException");
        }

        @Test
        void noAnswerAtAllIsAReasonToWait() {
            waitsWith(Mono::empty, "the throttle says nothing");
        }

        @Test
        void anAnswerThatDoesNotComeIsAReasonToWait() {
            waitsWith(Mono::never, "the throttle does not answer");
        }

        @ParameterizedTest
        @ValueSource(strings = {"PT0S", "PT-1S", "PT0.009S", "PT24H0.001S"})
        void aWaitOutOfRangeIsAReasonToWait(Duration askAgain) {
            waitsWith(() -> Mono.just(waitFor("busy", askAgain)), "the throttle failed: IllegalArgumentException");
        }

        @Test
        void itGoesOnWhenTheHealthIsKnownAgain() {
            AtomicInteger turn = new AtomicInteger();
            Throttle mends = run -> turn.getAndIncrement() < 3
                    ? Mono.error(new IllegalStateException("no route"))
                    : Mono.just(new Throttle.Permit());

            Request request = new Request(pace(mends, false, false).permit());
            time.advanceTimeBy(Duration.ofSeconds(3));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }
    }

    @Nested
    class Hurried {

        @Test
        void neitherRestNorThrottleCount() {
            Pace pace = pace(answers(waitFor("busy", Duration.ofMinutes(5))), true, true);
            after(pace, Duration.ZERO, done(Duration.ofMinutes(5), true));

            Request request = new Request(pace.permit());

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(asked).hasValue(0);
            assertThat(pace.isOneAtATime()).isFalse();
        }
    }

    @Test
    void nothingIsAskedBeforeSubscription() {
        pace(Throttle.none(), false, false).permit();

        assertThat(asked).hasValue(0);
    }

    private static void handedBack(Request request, String reason, Duration askAgain) {
        assertThat(request.error).isInstanceOfSatisfying(ThrottledException.class, throttled -> {
            assertThat(throttled.reason()).isEqualTo(reason);
            assertThat(throttled.askAgain()).isEqualTo(askAgain);
        });
    }
}
