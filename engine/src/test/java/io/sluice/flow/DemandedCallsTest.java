package io.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

@Timeout(60)
class DemandedCallsTest {

    private final ManualCalls calls = new ManualCalls();
    private final AtomicInteger depth = new AtomicInteger(1);
    private final SeenSignals seen = new SeenSignals();

    private Flux<Integer> endlessCalls() {
        return DemandedCalls.inOrder(calls, depth::get, value -> false);
    }

    /** Calls that end while they are being subscribed to: 1, 2, 3… */
    private static Flux<Integer> immediateCalls(int depth, int lastValue) {
        AtomicInteger number = new AtomicInteger();
        return DemandedCalls.inOrder(
                () -> Mono.fromSupplier(number::incrementAndGet), () -> depth, value -> value == lastValue);
    }

    @Nested
    class Demand {

        @Test
        void nothingIsCalledBeforeTheFirstRequest() {
            depth.set(8);
            endlessCalls().subscribe(seen);

            assertThat(calls.started()).isZero();
        }

        @Test
        void requestOfOneMakesOneCallHoweverDeep() {
            depth.set(8);
            endlessCalls().subscribe(seen);

            seen.request(1);
            assertThat(calls.started()).isEqualTo(1);

            calls.succeed(1);
            assertThat(calls.started()).isEqualTo(1);
            assertThat(seen.values).containsExactly(1);
        }

        @Test
        void requestOfThreeMakesExactlyThreeCallsAndThenWaits() {
            endlessCalls().subscribe(seen);
            seen.request(3);

            calls.succeed(1);
            calls.succeed(2);
            calls.succeed(3);
            assertThat(calls.started()).isEqualTo(3);
            assertThat(seen.values).containsExactly(1, 2, 3);
            assertThat(seen.hasTerminated()).isFalse();

            seen.request(1);
            assertThat(calls.started()).isEqualTo(4);
        }

        @Test
        void requestsAddUp() {
            depth.set(8);
            endlessCalls().subscribe(seen);

            seen.request(2);
            seen.request(3);

            assertThat(calls.started()).isEqualTo(5);
        }

        @Test
        void unboundedDemandIsBoundedByDepth() {
            depth.set(4);
            endlessCalls().subscribe(seen);

            seen.request(Long.MAX_VALUE);
            assertThat(calls.started()).isEqualTo(4);

            calls.succeed(1);
            assertThat(calls.started()).isEqualTo(5);
        }

        @Test
        void requestInsideOnNextMakesTheNextCall() {
            immediateCalls(2, 5)
                    .as(flux -> flux.limitRate(1))
                    .as(StepVerifier::create)
                    .expectNext(1, 2, 3, 4, 5)
                    .verifyComplete();
        }

        @Test
        void aMillionImmediateCallsNeedNoStack() {
            immediateCalls(1, 1_000_000)
                    .count()
                    .as(StepVerifier::create)
                    .expectNext(1_000_000L)
                    .verifyComplete();
            immediateCalls(3, 1_000_000)
                    .count()
                    .as(StepVerifier::create)
                    .expectNext(1_000_000L)
                    .verifyComplete();
        }

        @Test
        void immediateCallsOfUnlimitedDepthAreEmittedOneByOne() {
            immediateCalls(Integer.MAX_VALUE, 1_000)
                    .count()
                    .as(StepVerifier::create)
                    .expectNext(1_000L)
                    .verifyComplete();
        }

        @Test
        void requestOfZeroOrLessIsAnErrorBehindTheCallsMadeSoFar() {
            depth.set(2);
            endlessCalls().subscribe(seen);
            seen.request(2);

            seen.request(0);
            calls.succeed(2);
            assertThat(seen.hasTerminated()).isFalse();
            calls.succeed(1);

            assertThat(seen.values).containsExactly(1, 2);
            assertThat(seen.error).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3.9");
            assertThat(calls.started()).isEqualTo(2);
        }

        @Test
        void aBadRequestInsideOnNextStopsImmediateCallsAtOnce() {
            immediateCalls(1, -1).doOnNext(value -> seen.request(0)).subscribe(seen);

            seen.request(5);

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.error).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void aNegativeFirstRequestIsAnErrorAtOnce() {
            endlessCalls().subscribe(seen);

            seen.request(-1);
            seen.request(1);

            assertThat(seen.error).isInstanceOf(IllegalArgumentException.class);
            assertThat(calls.started()).isZero();
        }
    }

    @Nested
    class Depth {

        @Test
        void inFlightNeverExceedsDepthOrDemand() {
            depth.set(2);
            endlessCalls().subscribe(seen);

            seen.request(3);
            assertThat(calls.started()).isEqualTo(2);
            calls.succeed(1);
            assertThat(calls.started()).isEqualTo(3);
            calls.succeed(2);
            assertThat(calls.started()).as("one in flight uses up the demand").isEqualTo(3);
            seen.request(5);
            assertThat(calls.started()).isEqualTo(4);
        }

        @Test
        void orderIsKeptWhenTheSecondEndsFirst() {
            depth.set(2);
            endlessCalls().subscribe(seen);
            seen.request(10);

            calls.succeed(2);
            assertThat(seen.values).isEmpty();
            assertThat(calls.started()).as("a held result is still in flight").isEqualTo(2);

            calls.succeed(1);
            assertThat(seen.values).containsExactly(1, 2);
            assertThat(calls.started()).isEqualTo(4);
        }

        @Test
        void aLowerDepthLetsCallsInFlightEndBeforeAnotherStarts() {
            depth.set(3);
            endlessCalls().subscribe(seen);
            seen.request(10);

            depth.set(1);
            calls.succeed(1);
            calls.succeed(2);
            assertThat(calls.started()).isEqualTo(3);

            calls.succeed(3);
            assertThat(calls.started()).isEqualTo(4);
        }

        @Test
        void aHigherDepthIsUsedFromTheNextResultOn() {
            endlessCalls().subscribe(seen);
            seen.request(10);

            depth.set(3);
            calls.succeed(1);

            assertThat(calls.started()).isEqualTo(4);
        }

        @Test
        void aDepthBelowOneCountsAsOne() {
            depth.set(-5);
            endlessCalls().subscribe(seen);

            seen.request(10);

            assertThat(calls.started()).isEqualTo(1);
        }

        @Test
        void depthIsAskedAgainBeforeEachStart() {
            AtomicInteger asked = new AtomicInteger();
            DemandedCalls.inOrder(calls, () -> asked.incrementAndGet() < 3 ? 10 : 1, value -> false)
                    .subscribe(seen);

            seen.request(10);

            assertThat(calls.started()).isEqualTo(2);
            assertThat(asked).hasValue(3);
        }

        @Test
        void aDepthThatThrowsIsAnErrorBehindTheCallsInFlight() {
            RuntimeException broken = new RuntimeException("depth");
            DemandedCalls.inOrder(calls, () -> failOnceStarted(1, broken), value -> false)
                    .subscribe(seen);
            seen.request(10);

            assertThat(seen.hasTerminated()).isFalse();
            calls.succeed(1);

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.error).isSameAs(broken);
        }

        private int failOnceStarted(int number, RuntimeException error) {
            if (calls.started() == number) {
                throw error;
            }
            return 10;
        }
    }

    @Nested
    class Subscribers {

        @Test
        void giveTheirContextToTheCalls() {
            DemandedCalls.inOrder(
                            () -> Mono.deferContextual(context -> Mono.just(context.<Integer>get("run"))),
                            () -> 1,
                            value -> true)
                    .contextWrite(Context.of("run", 42))
                    .as(StepVerifier::create)
                    .expectNext(42)
                    .verifyComplete();
        }

        @Test
        void areIndependentOfEachOther() {
            Flux<Integer> flux = endlessCalls();
            SeenSignals other = new SeenSignals();
            flux.subscribe(seen);
            flux.subscribe(other);

            seen.request(1);
            other.request(2);
            calls.succeed(1);
            calls.fail(2, new RuntimeException("of the other"));

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.hasTerminated()).isFalse();
            assertThat(other.error).isNotNull();
        }

        @Test
        void canScanTheSubscription() {
            depth.set(2);
            endlessCalls().subscribe(seen);
            seen.request(5);
            Scannable scan = Scannable.from(seen.subscribed());

            calls.succeed(1);

            assertThat(scan.scanUnsafe(Scannable.Attr.ACTUAL)).isSameAs(seen);
            assertThat(scan.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(4);
            assertThat(scan.scan(Scannable.Attr.BUFFERED)).isEqualTo(2);
            assertThat(scan.scan(Scannable.Attr.TERMINATED)).isFalse();

            seen.cancel();
            assertThat(scan.scan(Scannable.Attr.CANCELLED)).isTrue();
            assertThat(scan.scan(Scannable.Attr.BUFFERED)).isZero();
        }
    }
}
