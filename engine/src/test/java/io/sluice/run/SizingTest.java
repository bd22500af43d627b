package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizingTest {

    @Test
    void aSizeThatIsGivenIsFixed() {
        assertThat(BatchSettings.DEFAULTS.sizing()).isEqualTo(Sizing.ADAPTIVE);
        assertThat(BatchSettings.DEFAULTS.withSubBatchSize(10).sizing().isFixed())
                .isTrue();
        assertThat(BatchSettings.DEFAULTS
                        .withSubBatchSize(10, Sizing.ADAPTIVE.withTarget(Duration.ofMillis(5)))
                        .sizing())
                .isEqualTo(new Sizing(Duration.ofMillis(5), 50, 20_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0.0001S", "PT1M0.001S"})
    void aTargetOutOfRangeIsRefused(Duration target) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sizing.ADAPTIVE.withTarget(target))
                .withMessage("target time of a sub-batch must be 0 or PT0.001S..PT1M, was " + target);
    }

    @ParameterizedTest
    @CsvSource({"0, 10, least", "11, 10, most", "1, 100001, most"})
    void boundsOutOfRangeAreRefused(int least, int most, String which) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sizing.ADAPTIVE.within(least, most))
                .withMessageStartingWith(which + " sub-batch size must be ");
    }
}
