package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionLimitsTest {

    private static final TransactionLimits DEFAULTS = TransactionLimits.DEFAULTS;

    @Test
    void theDefaultsAreThoseOfTheManual() {
        assertThat(DEFAULTS)
                .isEqualTo(
                        new TransactionLimits(Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(20)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.009S", "PT24H0.001S"})
    void aStatementTimeoutOutOfRangeIsRefused(Duration longest) {
        refused(() -> DEFAULTS.withStatement(longest), "statement timeout must be PT0.01S..PT24H, was " + longest);
    }

    /** Zero would be PostgreSQL's word for no limit at all. */
    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.0009S", "PT1H0.001S"})
    void aLockTimeoutOutOfRangeIsRefused(Duration longest) {
        refused(() -> DEFAULTS.withLock(longest), "lock timeout must be PT0.001S..PT1H, was " + longest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.009S", "PT24H0.001S"})
    void anIdleTimeoutOutOfRangeIsRefused(Duration longest) {
        refused(() -> DEFAULTS.withIdle(longest), "idle in transaction timeout must be PT0.01S..PT24H, was " + longest);
    }

    @Test
    void bothEndsOfEveryRangeAreAllowed() {
        Duration shortest = Duration.ofMillis(10);
        Duration longest = Duration.ofDays(1);

        assertThat(DEFAULTS.withStatement(shortest)
                        .withLock(Duration.ofMillis(1))
                        .withIdle(shortest))
                .isEqualTo(new TransactionLimits(shortest, Duration.ofMillis(1), shortest));
        assertThat(DEFAULTS.withStatement(longest).withLock(Duration.ofHours(1)).withIdle(longest))
                .isEqualTo(new TransactionLimits(longest, Duration.ofHours(1), longest));
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
