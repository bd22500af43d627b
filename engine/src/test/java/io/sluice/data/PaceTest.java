package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunId;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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

    private static final RunId RUN = new RunId("main", 1);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicInteger asked = new AtomicInteger();

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
                rests,
                hurried,
                time);
    }

    private static Throttle answers(Throttle.Decision... decisions) {
        Deque<Throttle.Decision> next = new ArrayDeque<>(List.of(decisions));
        return run -> Mono.justOrEmpty(next.size() > 1 ? next.poll() : next.peek());
    }

    private static Throttle.Wait waitFor(String reason, Duration askAgain) {
        return new Throttle.Wait(reason, askAgain);
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
            pace.after(done(Duration.ofMillis(300), true));

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
            pace.after(done(Duration.ofMillis(300), true));
            time.advanceTimeBy(Duration.ofMillis(200));

            Request request = new Request(pace.permit());
            time.advanceTimeBy(Duration.ofMillis(100));

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
        }

        @Test
        void noCallIsSentBehindAnotherWhileTheRunRests() {
            Pace pace = pace(Throttle.none(), true, false);
            assertThat(pace.rests()).isTrue();

            pace.after(done(Duration.ZERO, true));
            assertThat(pace.rests())
                    .as("a rest is due later, at the end of the batch")
                    .isTrue();

            pace.after(done(Duration.ZERO, false));
            assertThat(pace.rests()).as("settings were changed").isFalse();
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

            handedBack(request, "replica lags", Duration.ofSeconds(5));
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
            pace.after(done(Duration.ofMinutes(10), true));

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
            handedBack(request, "busy", Duration.ofMillis(10));
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
            waitsWith(() -> Mono.error(new IllegalStateException("no route")), "the throttle failed: no route");
        }

        @Test
        void anErrorThatIsThrownIsAReasonToWait() {
            waitsWith(
                    () -> {
                        throw new IllegalStateException("no route");
                    },
                    "the throttle failed: no route");
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
            waitsWith(
                    () -> Mono.just(waitFor("busy", askAgain)),
                    "the throttle failed: the throttle must be asked again after PT0.01S..PT24H, was " + askAgain);
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
            pace.after(done(Duration.ofMinutes(5), true));

            Request request = new Request(pace.permit());

            assertThat(request.end).isEqualTo(SignalType.ON_COMPLETE);
            assertThat(asked).hasValue(0);
            assertThat(pace.rests()).isFalse();
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
