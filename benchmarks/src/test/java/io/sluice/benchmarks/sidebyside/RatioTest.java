package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatioTest {

    @Test
    void theMedianOfPairsThatAgreeIsKnown() {
        Ratio ratio = Ratio.of("key", "what", List.of(0.98, 1.0, 1.02, 0.99, 1.01, 1.0));

        assertThat(ratio.known()).isEqualTo(1.0);
        assertThat(ratio.low()).isGreaterThanOrEqualTo(0.98);
        assertThat(ratio.high()).isLessThanOrEqualTo(1.02);
    }

    @Test
    void pairsThatDoNotAgreeSayNothing() {
        Ratio ratio = Ratio.of("key", "what", List.of(0.5, 1.0, 1.6, 0.7, 1.4));

        assertThat(ratio.known()).isNull();
        assertThat(ratio.median()).isEqualTo(1.0);
        assertThat(ratio.spread()).isGreaterThan(Ratio.WIDEST);
    }

    /** Three pairs have their median between the least and the greatest of them three times of four. */
    @Test
    void theIntervalOfFewPairsGoesBeyondThem() {
        Ratio few = Ratio.of("key", "what", List.of(0.9, 1.0, 1.1));

        assertThat(few.median()).isEqualTo(1.0);
        assertThat(few.low()).isCloseTo(1 - 0.248, within(0.001));
        assertThat(few.high()).isCloseTo(1 + 0.248, within(0.001));
        assertThat(few.known()).isNull();
        assertThat(Ratio.of("key", "what", List.of(0.99, 1.0, 1.01)).known()).isEqualTo(1.0);
    }

    @Test
    void onePairOrNoneHasNoInterval() {
        assertThat(Ratio.of("key", "what", List.of(1.0)).known()).isNull();
        assertThat(Ratio.of("key", "what", List.of()).known()).isNull();
        assertThat(Ratio.of("key", "what", List.of()).roundedSpread()).isNull();
    }

    @Test
    void theMedianOfAnEvenNumberIsBetweenTheTwo() {
        assertThat(Ratio.median(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    }
}
