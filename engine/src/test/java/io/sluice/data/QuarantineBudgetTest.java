package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.run.RowTotal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuarantineBudgetTest {

    @ParameterizedTest
    @CsvSource({
        "50, 1000000, false",
        "51, 1000000, true",
        "10, 1000, false",
        "11, 1000, true",
        "1, 3, false",
        "2, 3, true"
    })
    void rowsAndShareAreBothLimitsButOneRowIsAlwaysAllowed(long quarantined, long total, boolean exceeded) {
        assertThat(QuarantineBudget.DEFAULTS.isExceededBy(quarantined, RowTotal.estimate(total)))
                .isEqualTo(exceeded);
    }

    @Test
    void withoutATotalOnlyRowsCount() {
        assertThat(QuarantineBudget.DEFAULTS.isExceededBy(50, RowTotal.UNKNOWN)).isFalse();
        assertThat(QuarantineBudget.DEFAULTS.isExceededBy(51, RowTotal.UNKNOWN)).isTrue();
    }

    @Test
    void noneAllowsNotEvenOne() {
        assertThat(QuarantineBudget.NONE.allowsAny()).isFalse();
        assertThat(QuarantineBudget.DEFAULTS.allowsAny()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1_000_001})
    void rowsOutOfRangeAreRefused(long rows) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new QuarantineBudget(rows, 0.5))
                .withMessage("quarantine budget must be 0..1000000 rows, was " + rows);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.01, Double.NaN})
    void aShareOutOfRangeIsRefused(double share) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new QuarantineBudget(5, share))
                .withMessage("share of the quarantine budget must be above 0 and up to 1, was " + share);
    }
}
