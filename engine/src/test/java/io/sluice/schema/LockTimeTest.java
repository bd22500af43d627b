package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LockTimeTest {

    private static final Duration BUDGET = Duration.ofSeconds(1);

    private final LockTime time = new LockTime();

    @Test
    void whatIsAskedForSideBySideCountsOnce() {
        time.spend(0, 300);
        time.spend(100, 400);
        time.spend(50, 350);

        assertThat(time.leftOf(BUDGET)).isEqualTo(Duration.ofMillis(600));
    }

    @Test
    void oneAttemptAfterTheOtherCountsFromItsBeginningAndTheWorkBetweenThemDoesNot() {
        time.spend(0, 100);
        time.spend(0, 250);
        time.spend(5000, 5100);

        assertThat(time.leftOf(BUDGET)).isEqualTo(Duration.ofMillis(650));
        time.spend(6000, 9000);
        assertThat(time.leftOf(BUDGET)).isZero();
    }
}
