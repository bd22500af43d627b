package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Nested
    class Bounds {

        @ParameterizedTest
        @ValueSource(ints = {1, 1_000})
        void theEndsAreAllowed(int attempts) {
            assertThat(new RetryPolicy(attempts, Duration.ofMillis(1), Duration.ofMillis(1)).maxAttempts())
                    .isEqualTo(attempts);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0, 1_001})
        void attemptsOutOfRangeAreRefused(int attempts) {
            refused(() -> new RetryPolicy(attempts, SECOND, MINUTE), "attempts must be 1..1000, was " + attempts);
            refused(() -> RetryPolicy.DEFAULTS.withMaxAttempts(attempts), "attempts must be 1..1000, was " + attempts);
        }

        @ParameterizedTest
        @ValueSource(strings = {"PT0S", "PT0.000999S", "PT-1S"})
        void aFirstWaitOfNothingIsRefused(Duration base) {
            refused(
                    () -> new RetryPolicy(5, base, MINUTE),
                    "first wait between attempts must be at least 1 ms, was " + base);
        }

        @Test
        void aLongestWaitBelowTheFirstIsRefused() {
            refused(
                    () -> new RetryPolicy(5, MINUTE, SECOND),
                    "longest wait between attempts must be PT1M (the first one)..PT24H, was PT1S");
        }

        @ParameterizedTest
        @ValueSource(strings = {"PT24H0.001S", "PT8760H", "PT2562047788015215H30M7S"})
        void aWaitOfMoreThanADayIsRefused(Duration longest) {
            refused(
                    () -> new RetryPolicy(5, SECOND, longest),
                    "longest wait between attempts must be PT1S (the first one)..PT24H, was " + longest);
        }

        private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
        }
    }

    @Nested
    class Waits {

        @ParameterizedTest(name = "after {0} failures: {1}..{2} ms")
        @CsvSource({
            "1, 100, 1000",
            "2, 200, 2000",
            "3, 400, 4000",
            "4, 800, 8000",
            "6, 3200, 32000",
            "7, 6000, 60000",
            "8, 6000, 60000",
            "1000, 6000, 60000",
            "2147483647, 6000, 60000"
        })
        void areSpreadOverATenthToTheWholeOfADoublingBound(int failures, long least, long most) {
            LongSummaryStatistics waits = waits(RetryPolicy.DEFAULTS, failures);

            assertThat(waits.getMin()).isBetween(least, least + (most - least) / 100);
            assertThat(waits.getMax()).isBetween(most - (most - least) / 100, most);
            assertThat(waits.getAverage()).isBetween(0.53 * most, 0.57 * most);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0})
        void beforeTheFirstFailureAreThoseOfTheFirst(int failures) {
            assertThat(waits(RetryPolicy.DEFAULTS, failures))
                    .hasToString(waits(RetryPolicy.DEFAULTS, 1).toString());
        }

        @Test
        void mayBeAsShortAsAMillisecond() {
            RetryPolicy shortest = new RetryPolicy(1_000, Duration.ofMillis(1), Duration.ofMillis(1));

            assertThat(waits(shortest, 500))
                    .returns(1L, LongSummaryStatistics::getMin)
                    .returns(1L, LongSummaryStatistics::getMax);
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 31, 63, 64, 1_000})
        void neverOverflow(int failures) {
            RetryPolicy longest = new RetryPolicy(1_000, Duration.ofDays(1), Duration.ofDays(1));

            assertThat(waits(longest, failures).getMin()).isPositive();
            assertThat(waits(longest, failures).getMax())
                    .isLessThanOrEqualTo(Duration.ofDays(1).toMillis());
        }

        @Test
        void comeBackWithTheSameSeed() {
            assertThat(RetryPolicy.DEFAULTS.delayAfter(3, new Random(42)))
                    .isEqualTo(RetryPolicy.DEFAULTS.delayAfter(3, new Random(42)));
        }

        private static LongSummaryStatistics waits(RetryPolicy policy, int failures) {
            Random random = new Random(42);
            return LongStream.generate(() -> policy.delayAfter(failures, random).toMillis())
                    .limit(5_000)
                    .summaryStatistics();
        }
    }

    @Test
    void theDefaultsAreFiveAttemptsWithinAMinute() {
        assertThat(List.of(RetryPolicy.DEFAULTS)).containsExactly(new RetryPolicy(5, SECOND, MINUTE));
    }
}
