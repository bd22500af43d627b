package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** How many readers share one look, and what a slow one gets. */
class SharedLooksTest {

    private static final RunId ONE = new RunId("a", 1);
    private static final RunId TWO = new RunId("a", 2);

    private final Sinks.Many<State> states = Sinks.many().multicast().directBestEffort();
    private final AtomicInteger looks = new AtomicInteger();

    private record State(RunId run, RunStatus status, int rows) {}

    private final SharedLooks<State> shared = new SharedLooks<>(
            run -> states.asFlux()
                    .filter(it -> it.run.equals(run))
                    .onBackpressureBuffer()
                    .doOnSubscribe(it -> looks.incrementAndGet())
                    .takeUntil(it -> it.status.isTerminal()),
            states.asFlux().onBackpressureBuffer(),
            State::run,
            State::status);

    private State working(RunId run, int rows) {
        State state = new State(run, RunStatus.RUNNING, rows);
        states.tryEmitNext(state);
        return state;
    }

    private void workingUpTo(int rows) {
        for (int i = 1; i <= rows; i++) {
            working(ONE, i);
        }
    }

    @Test
    void whoIsSlowGetsTheNewestStateAndNothingPilesUp() {
        StepVerifier.create(shared.of(ONE).map(State::rows), 0)
                .then(() -> workingUpTo(1_000))
                .thenRequest(1)
                .expectNext(1_000)
                .then(() -> workingUpTo(500))
                .thenRequest(1)
                .expectNext(500)
                .thenCancel()
                .verify();
    }

    @Test
    void ofAllRunsEachIsToldNewestToWhoIsSlow() {
        StepVerifier.create(shared.all().map(it -> it.run.number() + ":" + it.rows), 0)
                .then(() -> {
                    workingUpTo(1_000);
                    working(TWO, 7);
                    workingUpTo(2_000);
                })
                .thenRequest(10)
                // one of each was on its way already
                .recordWith(java.util.ArrayList::new)
                .expectNextCount(3)
                .consumeRecordedWith(told -> assertThat(told).containsExactlyInAnyOrder("1:1", "2:7", "1:2000"))
                .thenCancel()
                .verify();
    }

    @Test
    void allReadersOfARunShareOneLookAndLateOnesGetTheLastStateAtOnce() {
        Flux<State> reader = shared.of(ONE);
        StepVerifier first = StepVerifier.create(reader.map(State::rows))
                .expectNext(1, 2)
                .thenCancel()
                .verifyLater();
        working(ONE, 1);
        StepVerifier late = StepVerifier.create(reader.map(State::rows))
                .expectNext(1, 2)
                .thenCancel()
                .verifyLater();
        working(ONE, 2);

        first.verify();
        late.verify();
        assertThat(looks).hasValue(1);
    }

    @Test
    void whatWasLookedAtIsForgottenWithItsLastReader() {
        for (int i = 1; i <= 2; i++) {
            StepVerifier.create(shared.of(ONE))
                    .then(() -> working(ONE, 1))
                    .expectNextCount(1)
                    .thenCancel()
                    .verify();
        }

        assertThat(looks).hasValue(2);
    }
}
