package io.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.Context;

@Timeout(60)
class SharedDemandTest {

    private final List<TestPublisher<Integer>> streams = new ArrayList<>();
    private final List<AtomicLong> asked = new ArrayList<>();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final SeenSignals seen = new SeenSignals();

    @AfterEach
    void resetHooks() {
        Hooks.resetOnErrorDropped();
        Hooks.resetOnNextDropped();
    }

    private Flux<Integer> shared(int count, int ahead) {
        List<Flux<Integer>> fluxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TestPublisher<Integer> stream = TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
            AtomicLong requests = new AtomicLong();
            streams.add(stream);
            asked.add(requests);
            fluxes.add(stream.flux().doOnRequest(requests::addAndGet).doOnCancel(cancelled::incrementAndGet));
        }
        return SharedDemand.of(fluxes, ahead);
    }

    private List<Long> asked() {
        return asked.stream().map(AtomicLong::get).toList();
    }

    @Test
    void nothingIsAskedOfAnyoneBeforeTheFirstRequest() {
        shared(3, 2).subscribe(seen);

        assertThat(asked()).containsExactly(0L, 0L, 0L);
        streams.forEach(it -> it.assertWasSubscribed());
    }

    @Test
    void oneRequestedIsAskedOfOneStreamOnly() {
        shared(3, 2).subscribe(seen);

        seen.request(1);

        assertThat(asked()).containsExactly(1L, 0L, 0L);
    }

    @Test
    void eachStreamHasItsTurn() {
        shared(3, 2).subscribe(seen);

        seen.request(1);
        seen.request(1);
        seen.request(2);

        assertThat(asked()).containsExactly(2L, 1L, 1L);
    }

    @Test
    void whoOwesLeastIsAskedNextSoNobodyWaitsForAStreamThatRests() {
        shared(2, 2).subscribe(seen);
        seen.request(2);

        streams.get(1).next(1);
        seen.request(1);
        streams.get(1).next(2);
        seen.request(1);

        assertThat(asked()).containsExactly(1L, 3L);
        assertThat(seen.values).containsExactly(1, 2);
    }

    @Test
    void aStreamNeverOwesMoreThanItMayHoweverMuchIsRequested() {
        shared(2, 2).subscribe(seen);

        seen.request(Long.MAX_VALUE);
        assertThat(asked()).containsExactly(2L, 2L);

        streams.get(0).next(1, 2, 3);
        assertThat(asked()).containsExactly(5L, 2L);
    }

    @Test
    void whatAStreamOwedThatIsOverIsAskedOfTheOthers() {
        shared(2, 2).subscribe(seen);
        seen.request(2);
        assertThat(asked()).containsExactly(1L, 1L);

        streams.get(0).complete();
        assertThat(asked()).containsExactly(1L, 2L);

        streams.get(1).next(1, 2);
        assertThat(seen.values).containsExactly(1, 2);
        assertThat(seen.hasTerminated()).isFalse();
        streams.get(1).complete();
        assertThat(seen.completions).hasValue(1);
    }

    @Test
    void itCompletesWithoutDemandWhenAllAreEmpty() {
        StepVerifier.create(SharedDemand.of(List.of(Flux.empty(), Flux.empty()), 1), 0)
                .expectComplete()
                .verify();
        StepVerifier.create(SharedDemand.<Integer>of(List.of(), 1), 0)
                .expectComplete()
                .verify();
    }

    @Test
    void theFirstErrorComesBehindWhatWasEmittedAndCancelsTheOthers() {
        List<Throwable> dropped = new ArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        shared(3, 2).subscribe(seen);
        seen.request(3);
        RuntimeException first = new RuntimeException("first");

        streams.get(0).next(1);
        streams.get(1).error(first);

        assertThat(seen.values).containsExactly(1);
        assertThat(seen.error).isSameAs(first);
        assertThat(cancelled).hasValue(2);
        assertThat(dropped).isEmpty();
    }

    @Test
    void anErrorBehindTheFirstIsDroppedAndNotLost() {
        List<Throwable> dropped = new ArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        List<CoreSubscriber<? super Integer>> deaf = new ArrayList<>();
        Flux<Integer> stream = new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super Integer> subscriber) {
                deaf.add(subscriber);
                subscriber.onSubscribe(Operators.emptySubscription());
            }
        };
        SharedDemand.of(List.of(stream, stream), 2).subscribe(seen);
        RuntimeException first = new RuntimeException("first");
        RuntimeException second = new RuntimeException("second");

        deaf.get(0).onError(first);
        deaf.get(1).onError(second);

        assertThat(seen.error).isSameAs(first);
        assertThat(dropped).containsExactly(second);
    }

    @Test
    void whatIsRequestedAtOnceIsSharedByAll() {
        AtomicLong most = new AtomicLong();
        Flux<Integer> stream = Flux.<Integer>never().doOnRequest(n -> most.accumulateAndGet(n, Math::max));

        SharedDemand.of(List.of(stream, stream, stream), 5).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                // before any of the streams is subscribed to
                request(3);
            }
        });

        assertThat(most).hasValue(1);
    }

    @Test
    void cancellingCancelsEachStream() {
        shared(3, 2).subscribe(seen);
        seen.request(5);

        seen.cancel();

        assertThat(cancelled).hasValue(3);
        assertThat(seen.hasTerminated()).isFalse();
    }

    @Test
    void cancellingFromWithinAValueEmitsNoOther() {
        StepVerifier.create(SharedDemand.of(List.of(Flux.range(1, 10), Flux.range(11, 10)), 4)
                        .take(3))
                .expectNextCount(3)
                .verifyComplete();
    }

    @Test
    void aRequestThatIsNotPositiveIsAnError() {
        shared(2, 2).subscribe(seen);

        seen.request(0);

        assertThat(seen.error).isInstanceOf(IllegalArgumentException.class);
        assertThat(cancelled).hasValue(2);
    }

    @Test
    void theContextReachesEachStream() {
        Flux<String> named = Flux.deferContextual(context -> Flux.just(context.<String>get("name")));

        StepVerifier.create(SharedDemand.of(List.of(named, named), 1).contextWrite(Context.of("name", "x")))
                .expectNext("x", "x")
                .verifyComplete();
    }

    @Test
    void oneStreamIsItself() {
        Flux<Integer> only = Flux.just(1);

        assertThat(SharedDemand.of(List.of(only), 1)).isSameAs(only);
    }

    @Test
    void nothingAheadIsRefused() {
        assertThatThrownBy(() -> SharedDemand.of(List.of(), 0)).hasMessage("ahead must be 1 or more, was 0");
    }

    @Test
    void streamsThatAnswerAtOnceCostNoStack() {
        StepVerifier.create(SharedDemand.of(List.of(Flux.range(0, 500_000), Flux.range(0, 500_000)), 2))
                .expectNextCount(1_000_000)
                .verifyComplete();
    }

    @Test
    void onManyThreadsNothingIsLostAndNothingIsUnderWayThatWasNotRequested() throws InterruptedException {
        int each = 20_000;
        int count = 4;
        ExecutorService threads = Executors.newFixedThreadPool(6);
        AtomicLong requested = new AtomicLong();
        AtomicLong begun = new AtomicLong();
        AtomicLongArray done = new AtomicLongArray(count);
        ConcurrentLinkedQueue<String> breaches = new ConcurrentLinkedQueue<>();
        List<Flux<Integer>> lanes = IntStream.range(0, count)
                .mapToObj(lane -> DemandedCalls.inOrder(
                        () -> {
                            long number = begun.incrementAndGet();
                            if (number > requested.get()) {
                                breaches.add(number + " begun, " + requested + " requested");
                            }
                            return Mono.<Integer>create(
                                    sink -> threads.execute(() -> sink.success((int) done.incrementAndGet(lane))));
                        },
                        () -> 2,
                        value -> value == each))
                .toList();
        AtomicInteger number = new AtomicInteger();

        SharedDemand.of(lanes, 2)
                .map(value -> number.incrementAndGet())
                .subscribe(new PortionedDemand(seen, each * count, requested, threads));

        assertThat(seen.awaitTermination()).isTrue();
        threads.shutdownNow();
        assertThat(seen.error).isNull();
        assertThat(seen.overlaps).hasValue(0);
        assertThat(breaches).isEmpty();
        assertThat(number).hasValue(each * count);
    }

    @Test
    void valuesRacingWithTheEndOfTheirStreamsAreAllEmitted() {
        for (int round = 0; round < 5_000; round++) {
            streams.clear();
            asked.clear();
            SeenSignals one = new SeenSignals();
            shared(2, 2).subscribe(one);
            one.request(4);

            RaceTestUtils.race(
                    () -> streams.get(0).next(1).next(2).complete(),
                    () -> streams.get(1).next(3).next(4).complete());

            assertThat(one.values).containsExactlyInAnyOrder(1, 2, 3, 4);
            assertThat(one.completions).hasValue(1);
        }
    }
}
