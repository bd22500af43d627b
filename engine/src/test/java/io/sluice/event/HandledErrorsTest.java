package io.sluice.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What a handler of errors does is nothing to the run. */
class HandledErrorsTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Run RUN = Runs.of("main", 7, "fill", RunStatus.FAILED);

    private final IllegalStateException error = new IllegalStateException("of the run");

    static Stream<ErrorHandler> thatFail() {
        return Stream.of(
                (error, run) -> Mono.error(new IllegalStateException("own")),
                (error, run) -> {
                    throw new IllegalStateException("own");
                },
                (error, run) -> {
                    throw new NoClassDefFoundError("own");
                },
                (error, run) -> nothingAtAll());
    }

    @SuppressWarnings("NullAway") // what callers without null checks may do
    private static Publisher<Void> nothingAtAll() {
        return null;
    }

    @ParameterizedTest
    @MethodSource("thatFail")
    void itsOwnErrorsAreDropped(ErrorHandler handler) {
        RunObserver observer = RunObserver.handling(handler, Schedulers.parallel());

        StepVerifier.create(observer.failed(RUN, error)).expectComplete().verify(SOON);
        StepVerifier.create(observer.batchFailed(RUN, error)).expectComplete().verify(SOON);
    }

    @Test
    void itIsGivenTheErrorAndTheRunAndIsWaitedFor() {
        List<Object> given = new ArrayList<>();
        PublisherProbe<Void> handling = PublisherProbe.empty();
        RunObserver observer = RunObserver.handling(
                (seen, run) -> {
                    given.add(seen);
                    given.add(run);
                    return handling.flux();
                },
                Schedulers.parallel());

        StepVerifier.create(observer.batchFailed(RUN, error)).expectComplete().verify(SOON);

        assertThat(given).containsExactly(error, RUN);
        handling.assertWasSubscribed();
    }

    @Test
    void oneThatNeverEndsIsLeftAfterTenSeconds() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        PublisherProbe<Void> handling = PublisherProbe.of(Flux.never());
        RunObserver observer = RunObserver.handling((seen, run) -> handling.flux(), time);

        StepVerifier.create(observer.failed(RUN, error))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(9_999)))
                .expectNoEvent(Duration.ofMillis(20))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectComplete()
                .verify(SOON);
        handling.assertWasCancelled();
        time.dispose();
    }

    @Test
    void anObserverThatThrowsIsNoHindranceToTheNext() {
        List<Run> claimed = new ArrayList<>();
        RunObserver observer = RunObserver.of(List.of(
                new RunObserver() {
                    @Override
                    public void claimed(Run run) {
                        throw new IllegalStateException("own");
                    }
                },
                new RunObserver() {
                    @Override
                    public void claimed(Run run) {
                        claimed.add(run);
                    }
                }));

        observer.claimed(RUN);

        assertThat(claimed).containsExactly(RUN);
    }
}
