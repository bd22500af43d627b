package io.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

@Timeout(60)
class DemandedCallsEndTest {

    private final ManualCalls calls = new ManualCalls();
    private final AtomicInteger depth = new AtomicInteger(1);
    private final SeenSignals seen = new SeenSignals();
    private final List<Object> dropped = new ArrayList<>();
    private final List<Throwable> droppedErrors = new ArrayList<>();
    private final List<Object> discarded = new ArrayList<>();

    @AfterEach
    void resetHooks() {
        Hooks.resetOnNextDropped();
        Hooks.resetOnErrorDropped();
    }

    private void recordDropped() {
        Hooks.onNextDropped(dropped::add);
        Hooks.onErrorDropped(droppedErrors::add);
    }

    private Flux<Integer> callsUntil(int lastValue) {
        return DemandedCalls.inOrder(calls, depth::get, value -> value == lastValue);
    }

    private Flux<Integer> endlessCalls() {
        return callsUntil(-1);
    }

    @Nested
    class TheLastValue {

        @Test
        void completesWithoutFurtherDemandOrCalls() {
            callsUntil(2).subscribe(seen);
            seen.request(2);

            calls.succeed(1);
            calls.succeed(2);

            assertThat(seen.values).containsExactly(1, 2);
            assertThat(seen.completions).hasValue(1);
            assertThat(calls.started()).isEqualTo(2);
        }

        @Test
        void isEmittedAtOnceButCompletionAwaitsTheCallBehindIt() {
            recordDropped();
            depth.set(2);
            callsUntil(1).subscribe(seen);
            seen.request(10);

            calls.succeed(1);
            assertThat(seen.values).containsExactly(1);
            assertThat(seen.hasTerminated()).isFalse();
            assertThat(calls.started()).isEqualTo(2);

            calls.succeed(2);
            assertThat(seen.values).containsExactly(1);
            assertThat(seen.completions).hasValue(1);
            assertThat(calls.cancelled()).isZero();
            assertThat(dropped).containsExactly(2);
        }

        @Test
        void dropsTheErrorOfTheCallBehindIt() {
            recordDropped();
            depth.set(2);
            callsUntil(1).subscribe(seen);
            seen.request(10);
            RuntimeException behind = new RuntimeException("behind");

            calls.fail(2, behind);
            calls.succeed(1);

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.completions).hasValue(1);
            assertThat(droppedErrors).containsExactly(behind);
        }

        @Test
        void heldBehindAnEarlierCallStartsNoMore() {
            depth.set(3);
            callsUntil(2).subscribe(seen);
            seen.request(2);

            calls.succeed(2);
            seen.request(5);
            assertThat(calls.started()).isEqualTo(2);

            calls.succeed(1);
            assertThat(seen.values).containsExactly(1, 2);
            assertThat(seen.completions).hasValue(1);
        }

        @Test
        void awaitsCompletionOfTheCallAndNotOnlyItsValue() {
            TestPublisher<Integer> call = TestPublisher.create();
            DemandedCalls.inOrder(() -> Mono.fromDirect(call.flux()), () -> 1, value -> true)
                    .subscribe(seen);
            seen.request(1);

            call.next(1);
            assertThat(seen.values).isEmpty();

            call.complete();
            assertThat(seen.values).containsExactly(1);
            assertThat(seen.completions).hasValue(1);
        }

        @Test
        void aPredicateThatThrowsIsAnErrorOfItsCall() {
            RuntimeException broken = new RuntimeException("isLast");
            Predicate<Integer> isLast = value -> {
                if (value == 2) {
                    throw broken;
                }
                return false;
            };
            DemandedCalls.inOrder(calls, () -> 2, isLast)
                    .doOnDiscard(Integer.class, discarded::add)
                    .subscribe(seen);
            seen.request(2);

            calls.succeed(2);
            calls.succeed(1);

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.error).isSameAs(broken);
            assertThat(discarded).contains(2);
            assertThat(calls.cancelled()).isZero();
        }
    }

    @Nested
    class Errors {

        private final RuntimeException failure = new RuntimeException("second call");

        @Test
        void comeAfterTheResultsOfAllCallsInFlight() {
            recordDropped();
            depth.set(3);
            endlessCalls().subscribe(seen);
            seen.request(10);

            calls.fail(2, failure);
            assertThat(seen.hasTerminated()).isFalse();
            calls.succeed(1);
            assertThat(seen.values).containsExactly(1);
            assertThat(seen.hasTerminated()).isFalse();
            calls.succeed(3);

            assertThat(seen.error).isSameAs(failure);
            assertThat(seen.values)
                    .as("what was done behind the failure is done, too")
                    .containsExactly(1, 3);
            assertThat(dropped).isEmpty();
            assertThat(calls.started()).isEqualTo(3);
            assertThat(calls.cancelled()).isZero();
        }

        @Test
        void ofLaterCallsAreSuppressedInTheFirstInCallOrder() {
            depth.set(3);
            endlessCalls().subscribe(seen);
            seen.request(10);
            RuntimeException later = new RuntimeException("third call");

            calls.fail(3, later);
            calls.fail(2, failure);
            calls.succeed(1);

            assertThat(seen.error).isSameAs(failure).hasSuppressedException(later);
        }

        @Test
        void sharedByTwoCallsAreSignalledOnce() {
            depth.set(2);
            endlessCalls().subscribe(seen);
            seen.request(10);

            calls.fail(1, failure);
            calls.fail(2, failure);

            assertThat(seen.error).isSameAs(failure).hasNoSuppressedExceptions();
        }

        @Test
        void aCallWithoutAValueIsAViolation() {
            endlessCalls().subscribe(seen);
            seen.request(1);

            calls.endWithoutValue(1);

            assertThat(seen.error).isInstanceOf(IllegalStateException.class);
        }

        @Test
        void aSupplierThatThrowsIsAnErrorBehindTheCallsInFlight() {
            Supplier<Mono<Integer>> breaks = () -> {
                if (calls.started() == 1) {
                    throw failure;
                }
                return calls.get();
            };
            DemandedCalls.inOrder(breaks, () -> 2, value -> false).subscribe(seen);
            seen.request(5);

            assertThat(seen.hasTerminated()).isFalse();
            calls.succeed(1);

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.error).isSameAs(failure);
        }

        @Test
        void anErrorBehindAValueOfTheSameCallWins() {
            TestPublisher<Integer> call = TestPublisher.create();
            DemandedCalls.inOrder(() -> Mono.fromDirect(call.flux()), () -> 1, value -> true)
                    .doOnDiscard(Integer.class, discarded::add)
                    .subscribe(seen);
            seen.request(1);

            call.next(1).error(failure);

            assertThat(seen.values).isEmpty();
            assertThat(seen.error).isSameAs(failure);
            assertThat(discarded).containsExactly(1);
        }
    }

    @Nested
    class Cancelling {

        @Test
        void cancelsTheCallsInFlightAndEmitsNothingMore() {
            recordDropped();
            depth.set(3);
            endlessCalls().doOnDiscard(Integer.class, discarded::add).subscribe(seen);
            seen.request(10);
            calls.succeed(2);

            seen.cancel();
            calls.succeed(1);
            seen.request(10);

            assertThat(calls.cancelled()).as("the second had ended already").isEqualTo(2);
            assertThat(calls.started()).isEqualTo(3);
            assertThat(discarded).containsExactly(2);
            assertThat(seen.values).isEmpty();
            assertThat(seen.hasTerminated()).isFalse();
        }

        @Test
        void insideOnNextStartsNoOtherCall() {
            depth.set(2);
            endlessCalls()
                    .take(1, false)
                    .as(StepVerifier::create)
                    .then(() -> calls.succeed(1))
                    .expectNext(1)
                    .verifyComplete();

            assertThat(calls.started()).isEqualTo(2);
            assertThat(calls.cancelled()).isEqualTo(1);
        }

        @Test
        void insideOnNextKeepsBackAResultThatIsReady() {
            depth.set(2);
            List<Integer> emitted = new ArrayList<>();
            endlessCalls()
                    .doOnDiscard(Integer.class, discarded::add)
                    .doOnNext(emitted::add)
                    .doOnNext(value -> seen.cancel())
                    .subscribe(seen);
            seen.request(2);

            calls.succeed(2);
            calls.succeed(1);

            assertThat(emitted).containsExactly(1);
            assertThat(discarded).containsExactly(2);
        }

        @Test
        void whileTheNextCallIsBeingMadeLeavesItUnsubscribed() {
            Supplier<Mono<Integer>> cancelling = () -> {
                seen.cancel();
                return calls.get();
            };
            DemandedCalls.inOrder(cancelling, () -> 2, value -> false).subscribe(seen);

            seen.request(5);

            assertThat(calls.started()).isZero();
        }

        @Test
        void whileAnErrorAwaitsOtherCallsDropsTheError() {
            recordDropped();
            depth.set(3);
            endlessCalls().subscribe(seen);
            seen.request(10);
            RuntimeException first = new RuntimeException("first");
            RuntimeException third = new RuntimeException("third");

            calls.fail(1, first);
            calls.fail(3, third);
            seen.cancel();

            assertThat(calls.cancelled()).isEqualTo(1);
            assertThat(droppedErrors).containsExactly(first, third);
            assertThat(seen.hasTerminated()).isFalse();
        }
    }
}
