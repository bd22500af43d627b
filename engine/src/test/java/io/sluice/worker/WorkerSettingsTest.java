package io.sluice.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerSettingsTest {

    private static final WorkerSettings DEFAULTS = WorkerSettings.DEFAULTS;

    @Test
    void theDefaultsAreThoseOfTheManual() {
        assertThat(DEFAULTS)
                .isEqualTo(new WorkerSettings(
                        Duration.ofSeconds(30), Duration.ofMillis(500), Duration.ofSeconds(5), 1, 1, 32));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.499S", "PT1H0.001S"})
    void aLeaseOutOfRangeIsRefused(Duration term) {
        refused(() -> DEFAULTS.withLease(term), "lease must be PT0.5S..PT1H, was " + term);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.009S", "PT1.001S"})
    void aWatchIntervalOutOfRangeIsRefused(Duration interval) {
        refused(() -> DEFAULTS.withWatch(interval), "watch interval must be PT0.01S..PT1S, was " + interval);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.009S", "PT1H0.001S"})
    void anIdlePollIntervalOutOfRangeIsRefused(Duration interval) {
        refused(() -> DEFAULTS.withIdlePoll(interval), "idle poll interval must be PT0.01S..PT1H, was " + interval);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65})
    void dataRunsOutOfRangeAreRefused(int runs) {
        refused(() -> DEFAULTS.withDataRuns(runs), "data runs at one time must be 1..64, was " + runs);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65})
    void schemaRunsOutOfRangeAreRefused(int runs) {
        refused(() -> DEFAULTS.withSchemaRuns(runs), "schema runs at one time must be 1..64, was " + runs);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 10_001})
    void listenersOutOfRangeAreRefused(int shards) {
        refused(() -> DEFAULTS.withListeners(shards), "listeners must be 0..10000, was " + shards);
    }

    @Test
    void bothEndsOfEveryRangeAreAllowed() {
        Duration shortest = Duration.ofMillis(10);

        assertThat(DEFAULTS.withLease(Duration.ofMillis(500))
                        .withWatch(shortest)
                        .withIdlePoll(shortest)
                        .withDataRuns(1)
                        .withListeners(0))
                .isEqualTo(new WorkerSettings(Duration.ofMillis(500), shortest, shortest, 1, 1, 0));
        assertThat(DEFAULTS.withLease(Duration.ofHours(1))
                        .withWatch(Duration.ofSeconds(1))
                        .withIdlePoll(Duration.ofHours(1))
                        .withDataRuns(64)
                        .withSchemaRuns(64)
                        .withListeners(10_000))
                .isEqualTo(new WorkerSettings(
                        Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofHours(1), 64, 64, 10_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT-1H"})
    void agesOfTheLedgerAreNotNegative(Duration age) {
        refused(
                () -> new Retention(age, Duration.ZERO),
                "ages must not be negative, were batches " + age + ", events PT0S");
        refused(() -> new Retention(Duration.ZERO, age), "ages must not be negative, were batches PT0S, events " + age);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
