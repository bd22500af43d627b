package io.sluice.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the ready-made retriers say of each attempt. */
class LockRetrierTest {

    private static final Duration LOCK = Duration.ofMillis(200);
    private static final Duration REST = Duration.ofMillis(30);

    @Test
    void constantIsTheSameEachTimeAndThenEnds() {
        LockRetrier retrier = LockRetrier.constant(3, LOCK, REST);

        assertThat(retrier.attempt(1, "x")).isEqualTo(LockAttempt.of(LOCK, REST));
        assertThat(retrier.attempt(3, "x")).isEqualTo(LockAttempt.of(LOCK, REST));
        assertThat(retrier.attempt(4, "x")).isNull();
        assertThat(retrier.budget()).isEqualTo(LockRetrier.UNBOUNDED);
    }

    @Test
    void theBoundOfExponentialDoublesInMillisecondsUpToTheLongest() {
        LockRetrier retrier = LockRetrier.exponential(50, LOCK, Duration.ofMillis(10), Duration.ofSeconds(1));

        assertThat(IntStream.rangeClosed(1, 9)
                        .mapToObj(n -> retrier.attempt(n, "x").delay().toMillis()))
                .containsExactly(10L, 20L, 40L, 80L, 160L, 320L, 640L, 1000L, 1000L);
        assertThat(retrier.attempt(50, "x").delay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(retrier.attempt(51, "x")).isNull();
    }

    @Test
    void jitterIsFullAndInMilliseconds() {
        LockAttempt attempt = LockRetrier.exponential().attempt(6, "x");
        Random random = new Random(1);

        assertThat(IntStream.range(0, 1000).mapToObj(i -> attempt.rest(random).toMillis()))
                .allMatch(rest -> rest >= 0 && rest <= 320)
                .anyMatch(rest -> rest < 20)
                .anyMatch(rest -> rest > 300);
        assertThat(LockAttempt.of(LOCK, REST).rest(random)).isEqualTo(REST);
    }

    @Test
    void lastingMakesTheLastAttemptAgainAndAgainUntilItsTimeIsOver() {
        LockRetrier retrier = LockRetrier.constant(2, LOCK, REST).lasting(Duration.ofMinutes(30));

        assertThat(IntStream.rangeClosed(1, 100).mapToObj(n -> retrier.attempt(n, "x")))
                .containsOnly(LockAttempt.of(LOCK, REST));
        assertThat(retrier.budget()).isEqualTo(Duration.ofMinutes(30));
        assertThat(LockRetrier.none().lasting(Duration.ofMinutes(30)).attempt(2, "x"))
                .isNull();
    }

    @Test
    void aTableHasARowForEachAttempt() {
        LockRetrier retrier = LockRetrier.steps(
                LockAttempt.of(Duration.ofMillis(100), Duration.ofMillis(50)),
                LockAttempt.of(Duration.ofSeconds(10), Duration.ofMinutes(1)));

        assertThat(retrier.attempt(2, "x").lockTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(retrier.attempt(3, "x")).isNull();
    }

    @Test
    void ownOnesMayLookAtTheCommand() {
        LockRetrier retrier = (number, command) ->
                command.startsWith("attach") ? LockAttempt.of(Duration.ofMillis(50), REST) : LockAttempt.of(LOCK, REST);

        assertThat(retrier.attempt(1, "attach constraint x").lockTimeout()).isEqualTo(Duration.ofMillis(50));
        assertThat(retrier.attempt(1, "lock users").lockTimeout()).isEqualTo(LOCK);
    }

    @Test
    void aBudgetKeepsTheAttempts() {
        LockRetrier retrier = LockRetrier.constant(3, LOCK, REST).within(Duration.ofSeconds(5));

        assertThat(retrier.budget()).isEqualTo(Duration.ofSeconds(5));
        assertThat(retrier.attempt(4, "x")).isNull();
        assertThat(retrier.attempt(3, "x")).isNotNull();
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        assertThatThrownBy(() -> LockAttempt.of(Duration.ZERO, REST)).hasMessageContaining("lock timeout must be");
        assertThatThrownBy(() -> LockAttempt.of(LOCK, REST.negated())).hasMessageContaining("delay between attempts");
        assertThatThrownBy(() -> LockRetrier.constant(0, LOCK, REST)).hasMessageContaining("lock attempts must be");
        assertThatThrownBy(LockRetrier::steps).hasMessageContaining("lock attempts must be");
        assertThatThrownBy(() -> LockRetrier.exponential(1, LOCK, Duration.ZERO, REST))
                .hasMessageContaining("rests");
        assertThatThrownBy(() -> LockRetrier.none().within(REST.negated())).hasMessageContaining("budget");
    }
}
