package io.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.test.util.RaceTestUtils;

@Timeout(120)
class DemandedCallsRaceTest {

    private static final int ROUNDS = 10_000;

    private final ExecutorService threads = Executors.newFixedThreadPool(8);

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
        Hooks.resetOnNextDropped();
        Hooks.resetOnErrorDropped();
    }

    /** Calls that never end by themselves and hear no cancellation: the test signals their subscribers directly. */
    private static Flux<Integer> deafCalls(List<CoreSubscriber<? super Integer>> subscribers, int depth) {
        return DemandedCalls.inOrder(
                () -> new Mono<Integer>() {
                    @Override
                    public void subscribe(CoreSubscriber<? super Integer> call) {
                        subscribers.add(call);
                        call.onSubscribe(Operators.emptySubscription());
                    }
                },
                () -> depth,
                value -> false);
    }

    private static void succeed(CoreSubscriber<? super Integer> call, int value) {
        call.onNext(value);
        call.onComplete();
    }

    @Test
    void callsEndingOnManyThreadsKeepOrderDepthAndDemand() throws InterruptedException {
        everyResultIsInOrder(200_000, 8, () -> 8);
    }

    @Test
    void aDepthThatChangesAllTheTimeKeepsOrderDepthAndDemand() throws InterruptedException {
        everyResultIsInOrder(200_000, 6, () -> ThreadLocalRandom.current().nextInt(-1, 7));
    }

    /** Requests come in small portions from many threads, calls end on many threads. */
    private void everyResultIsInOrder(int total, int maxDepth, IntSupplier depth) throws InterruptedException {
        AtomicInteger started = new AtomicInteger();
        AtomicInteger emitted = new AtomicInteger();
        AtomicLong requested = new AtomicLong();
        AtomicInteger deepest = new AtomicInteger();
        ConcurrentLinkedQueue<String> breaches = new ConcurrentLinkedQueue<>();
        SeenSignals seen = new SeenSignals();
        DemandedCalls.inOrder(
                        () -> {
                            int number = started.incrementAndGet();
                            int inFlight = number - emitted.get();
                            deepest.accumulateAndGet(inFlight, Math::max);
                            if (inFlight > maxDepth || number > requested.get()) {
                                breaches.add(number + ": " + inFlight + " in flight, " + requested + " requested");
                            }
                            return Mono.<Integer>create(sink -> threads.execute(() -> sink.success(number)));
                        },
                        depth,
                        value -> value == total)
                .doOnNext(value -> emitted.set(value))
                .subscribe(new PortionedDemand(seen, total, requested, threads));

        assertThat(seen.awaitTermination()).isTrue();

        assertThat(breaches).isEmpty();
        assertThat(seen.error).isNull();
        assertThat(seen.overlaps).hasValue(0);
        assertThat(emitted).hasValue(total);
        assertThat(started).hasValueBetween(total, total + maxDepth);
        assertThat(deepest).as("calls do overlap").hasValueGreaterThan(1);
    }

    @Test
    void requestsRacingWithEachOtherAndWithResultsAreNeverLost() {
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            deafCalls(started, 100).subscribe(seen);
            seen.request(1);

            RaceTestUtils.race(() -> seen.request(2), () -> seen.request(3), () -> succeed(started.get(0), 1));

            assertThat(started).hasSize(6);
            assertThat(seen.values).containsExactly(1);
        }
    }

    @Test
    void callsRacingToTheirEndAreEmittedInOrder() {
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            deafCalls(started, 4).subscribe(seen);
            seen.request(4);

            RaceTestUtils.race(IntStream.range(0, 4)
                    .<Runnable>mapToObj(call -> () -> succeed(started.get(call), call))
                    .toArray(Runnable[]::new));

            assertThat(seen.values).containsExactly(0, 1, 2, 3);
            assertThat(seen.overlaps).hasValue(0);
        }
    }

    @Test
    void errorsRacingToTheirEndAreSignalledOnceFirstCallFirst() {
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            deafCalls(started, 3).subscribe(seen);
            seen.request(100);
            RuntimeException first = new RuntimeException("second call");
            RuntimeException later = new RuntimeException("third call");

            RaceTestUtils.race(
                    () -> started.get(2).onError(later),
                    () -> started.get(1).onError(first),
                    () -> succeed(started.get(0), 1));
            // the first call's success may have been seen alone and another call started in its place
            started.stream().skip(3).forEach(call -> succeed(call, 0));

            assertThat(seen.values).startsWith(1).hasSize(started.size() - 2);
            assertThat(seen.error).isSameAs(first).hasSuppressedException(later);
        }
    }

    @Test
    void aResultRacingWithCancellationIsEmittedOrGivenUpButNeverLost() {
        AtomicInteger givenUp = new AtomicInteger();
        Hooks.onNextDropped(value -> givenUp.incrementAndGet());
        AtomicInteger emittedAtAll = new AtomicInteger();
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            givenUp.set(0);
            deafCalls(started, 2)
                    .doOnDiscard(Integer.class, value -> givenUp.incrementAndGet())
                    .subscribe(seen);
            seen.request(2);

            RaceTestUtils.race(seen::cancel, () -> succeed(started.get(0), 1), () -> succeed(started.get(1), 2));

            assertThat(seen.values.size() + givenUp.get()).isEqualTo(2);
            assertThat(seen.hasTerminated()).isFalse();
            emittedAtAll.addAndGet(seen.values.size());
        }
        assertThat(emittedAtAll).as("both outcomes were seen").hasValueBetween(1, 2 * ROUNDS - 1);
    }

    @Test
    void anErrorRacingWithCancellationIsSignalledOrDroppedButNeverLost() {
        AtomicInteger dropped = new AtomicInteger();
        Hooks.onErrorDropped(error -> dropped.incrementAndGet());
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            dropped.set(0);
            deafCalls(started, 1).subscribe(seen);
            seen.request(1);

            RaceTestUtils.race(seen::cancel, () -> started.get(0).onError(new RuntimeException("call")));

            assertThat(dropped.get() + (seen.error == null ? 0 : 1)).isEqualTo(1);
        }
    }

    @Test
    void aBadRequestRacingWithAResultEndsInItsErrorBehindTheResult() {
        for (int round = 0; round < ROUNDS; round++) {
            List<CoreSubscriber<? super Integer>> started = new ArrayList<>();
            SeenSignals seen = new SeenSignals();
            deafCalls(started, 1).subscribe(seen);
            seen.request(1);

            RaceTestUtils.race(() -> seen.request(-1), () -> succeed(started.get(0), 1));

            assertThat(seen.values).containsExactly(1);
            assertThat(seen.error).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
