package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.run.RetryPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSettingsTest {

    private static final DataSettings DEFAULTS = DataSettings.DEFAULTS;

    @Test
    void theDefaultsAreThoseOfTheManual() {
        assertThat(DEFAULTS)
                .isEqualTo(new DataSettings(
                        TransactionLimits.DEFAULTS,
                        new RetryPolicy(20, Duration.ofMillis(100), Duration.ofSeconds(10)),
                        RetryPolicy.DEFAULTS,
                        new QuarantineBudget(50, 0.01),
                        CommitMode.AS_CONFIGURED,
                        Duration.ofSeconds(2)));
    }

    @Test
    void eachChangeIsOfOneSettingOnly() {
        TransactionLimits limits = TransactionLimits.DEFAULTS.withLock(Duration.ofSeconds(7));
        RetryPolicy one = RetryPolicy.DEFAULTS.withMaxAttempts(1);
        RetryPolicy two = RetryPolicy.DEFAULTS.withMaxAttempts(2);

        assertThat(DEFAULTS.withLimits(limits)
                        .withTransientRetries(one)
                        .withBatchRetries(two)
                        .withQuarantine(QuarantineBudget.NONE)
                        .withCommit(CommitMode.ASYNCHRONOUS)
                        .withTakeoverPatience(Duration.ZERO))
                .isEqualTo(new DataSettings(
                        limits, one, two, QuarantineBudget.NONE, CommitMode.ASYNCHRONOUS, Duration.ZERO));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT10M0.001S"})
    void aPatienceOutOfRangeIsRefused(Duration patience) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withTakeoverPatience(patience))
                .withMessage("takeover patience must be 0..10 minutes, was " + patience);
    }

    @Test
    void bothEndsOfThePatienceAreAllowed() {
        assertThat(DEFAULTS.withTakeoverPatience(Duration.ofMinutes(10)).takeoverPatience())
                .isEqualTo(Duration.ofMinutes(10));
        assertThat(DEFAULTS.withTakeoverPatience(Duration.ZERO).takeoverPatience())
                .isZero();
    }
}
