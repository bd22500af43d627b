package io.sluice.lock;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.R2dbcTransientResourceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Attempts follow each other as the retrier says, until one gets its lock or they are spent. */
class LockRetriesTest {

    private static final Duration LOCK = Duration.ofMillis(200);
    private static final Duration REST = Duration.ofSeconds(3);
    private static final Blocker SOMEBODY =
            new Blocker(4711, "u", "reports", "idle in transaction", Duration.ofSeconds(12), "AccessShareLock", null);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<FailedLockAttempt> told = new ArrayList<>();
    private final List<String> made = new ArrayList<>();

    @Test
    void whatGetsItsLockIsEmittedAndNothingTold() {
        StepVerifier.create(retries(LockRetrier.constant(3, LOCK, REST)).run("x", attempt -> Mono.just(7)))
                .expectNext(7)
                .verifyComplete();

        assertThat(told).isEmpty();
    }

    @Test
    void lockTimeoutsAndDeadlocksAreTriedAgainAfterTheRest() {
        Mono<Integer> second = retries(LockRetrier.constant(3, LOCK, REST)).run("x", failing("55P03", "40P01"));

        StepVerifier.create(second)
                .then(() -> time.advanceTimeBy(REST.minusMillis(1)))
                .then(() -> assertThat(made).hasSize(1))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .then(() -> assertThat(made).hasSize(2))
                .then(() -> time.advanceTimeBy(REST))
                .expectNext(3)
                .verifyComplete();

        assertThat(told)
                .containsExactly(
                        new FailedLockAttempt("x", 1, List.of(SOMEBODY), REST),
                        new FailedLockAttempt("x", 2, List.of(SOMEBODY), REST));
        assertThat(made).containsExactly("PT0.2S", "PT0.2S", "PT0.2S");
    }

    @Test
    void otherErrorsArePassedOn() {
        StepVerifier.create(retries(LockRetrier.constant(3, LOCK, REST)).run("x", failing("42P01")))
                .verifyErrorSatisfies(error -> assertThat(error).isInstanceOf(R2dbcTransientResourceException.class));

        assertThat(made).hasSize(1);
    }

    @Test
    void spentAttemptsNameWhoWasInTheWay() {
        StepVerifier.create(retries(LockRetrier.constant(2, LOCK, Duration.ZERO))
                        .run("lock users", failing("55P03", "55P03", "55P03")))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(LockNotGrantedException.class)
                        .hasMessageContainingAll("'lock users' in 2 attempts", "pid 4711 (reports", "AccessShareLock"));

        assertThat(made).hasSize(2);
    }

    @Test
    void theBudgetEndsThemToo() {
        LockRetrier retrier = LockRetrier.constant(100, LOCK, REST).within(Duration.ofSeconds(7));

        StepVerifier.create(retries(retrier).run("x", failing("55P03", "55P03", "55P03", "55P03", "55P03")))
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(8)))
                .verifyError(LockNotGrantedException.class);

        assertThat(made).hasSize(3);
    }

    @Test
    void withoutARetrierThereIsOneAttemptWithTheTimeoutOfTheSession() {
        StepVerifier.create(retries(LockRetrier.none()).run("x", failing("55P03")))
                .verifyError(LockNotGrantedException.class);

        assertThat(made).containsExactly("null");
    }

    @Test
    void aListenerThatFailsIsNotWhyItFails() {
        LockRetries retries = new LockRetries(
                LockRetrier.constant(2, LOCK, Duration.ZERO),
                failed -> Mono.error(new IllegalStateException("the listener")),
                time,
                new Random(1));

        StepVerifier.create(retries.run("x", failing("55P03")))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext(2)
                .verifyComplete();
    }

    @Test
    void cancellingEndsTheAttemptAndTheRests() {
        StepVerifier.create(retries(LockRetrier.constant(9, LOCK, REST)).run("x", failing("55P03", "55P03")))
                .then(() -> assertThat(made).hasSize(1))
                .thenCancel()
                .verify();

        time.advanceTimeBy(REST.multipliedBy(5));
        assertThat(made).hasSize(1);
    }

    private LockRetries retries(LockRetrier retrier) {
        return new LockRetries(retrier, failed -> Mono.fromRunnable(() -> told.add(failed)), time, new Random(1));
    }

    /** Fails with these one after the other, and then emits the number of the attempt. */
    private java.util.function.Function<LockRetries.Attempt, Mono<Integer>> failing(String... states) {
        return attempt -> {
            made.add(String.valueOf(attempt.lockTimeout()));
            int number = made.size();
            attempt.waitsFor(List.of(SOMEBODY));
            attempt.waitsFor(List.of());
            return number > states.length
                    ? Mono.just(number)
                    : Mono.error(new R2dbcTransientResourceException("no", states[number - 1]));
        };
    }
}
