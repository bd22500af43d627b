package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchSettingsTest {

    private static final BatchSettings DEFAULTS = BatchSettings.DEFAULTS;

    @Test
    void theDefaultsAreThoseOfTheManual() {
        assertThat(DEFAULTS)
                .isEqualTo(new BatchSettings(10_000, 1_000, Sizing.ADAPTIVE, Duration.ZERO, Duration.ZERO, 5, 1))
                .matches(it -> !it.rests());
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 10_000_001})
    void aBatchSizeOutOfRangeIsRefused(int rows) {
        refused(() -> DEFAULTS.withBatchSize(rows), "batch size must be 1..10000000, was " + rows);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 100_001})
    void aSubBatchSizeOutOfRangeIsRefused(int rows) {
        BatchSettings wide = DEFAULTS.withBatchSize(10_000_000);

        refused(() -> wide.withSubBatchSize(rows), "sub-batch size must be 1..100000, was " + rows);
    }

    @Test
    void aSubBatchAboveItsBatchIsRefused() {
        refused(() -> DEFAULTS.withSubBatchSize(10_001), "sub-batch size must be 1..10000 (the batch size), was 10001");
        assertThat(DEFAULTS.withSubBatchSize(10_000).subBatchSize()).isEqualTo(10_000);
    }

    @Test
    void aSmallerBatchMakesItsSubBatchesSmaller() {
        assertThat(DEFAULTS.withBatchSize(300).subBatchSize()).isEqualTo(300);
        assertThat(DEFAULTS.withBatchSize(1_000).subBatchSize()).isEqualTo(1_000);
        assertThat(DEFAULTS.withBatchSize(20_000).subBatchSize()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT24H0.001S"})
    void aPauseOutOfRangeIsRefused(Duration pause) {
        refused(() -> DEFAULTS.withBatchPause(pause), "batch pause must be 0..PT24H, was " + pause);
        refused(() -> DEFAULTS.withSubBatchPause(pause), "sub-batch pause must be 0..PT24H, was " + pause);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_001})
    void batchAttemptsOutOfRangeAreRefused(int attempts) {
        refused(() -> DEFAULTS.withBatchAttempts(attempts), "batch attempts must be 1..1000, was " + attempts);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65})
    void lanesAreAtLeastOneAndAtMostSixtyFour(int lanes) {
        refused(() -> DEFAULTS.withLanes(lanes), "lanes must be 1..64, was " + lanes);
    }

    @Test
    void bothEndsOfEveryRangeAreAllowed() {
        BatchSettings least = new BatchSettings(1, 1, Sizing.FIXED, Duration.ZERO, Duration.ZERO, 1, 1);
        BatchSettings most =
                new BatchSettings(10_000_000, 100_000, Sizing.FIXED, Duration.ofDays(1), Duration.ofDays(1), 1_000, 1);

        assertThat(least).isNotEqualTo(most);
    }

    @Test
    void eachChangeIsOfOneOptionOnly() {
        BatchSettings changed = DEFAULTS.withBatchSize(7_000)
                .withSubBatchSize(70)
                .withBatchPause(Duration.ofSeconds(7))
                .withSubBatchPause(Duration.ofMillis(7))
                .withBatchAttempts(77);

        assertThat(changed)
                .isEqualTo(
                        new BatchSettings(7_000, 70, Sizing.FIXED, Duration.ofSeconds(7), Duration.ofMillis(7), 77, 1));
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT0S, false", "PT1S, PT0S, true", "PT0S, PT0.001S, true"})
    void itRestsWhenThereIsAPauseOfEitherKind(Duration afterBatch, Duration afterSubBatch, boolean rests) {
        assertThat(DEFAULTS.withBatchPause(afterBatch)
                        .withSubBatchPause(afterSubBatch)
                        .rests())
                .isEqualTo(rests);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
