package io.sluice.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {

    @ParameterizedTest
    @CsvSource({"0, 1", "5000, 1", "10000, 0.8", "17500, 0.5", "29999, 0.00004", "30000, 0", "99999, 0"})
    void betweenTheLimitsTheSpeedFallsInProportion(double millis, double share) {
        assertThat(Limits.of(Duration.ofSeconds(5), Duration.ofSeconds(30)).allowed(millis))
                .isEqualTo(share);
    }

    @Test
    void theSoftOneMustBeBelowTheHardOne() {
        assertThatThrownBy(() -> ReplicationLag.inTime(Duration.ofSeconds(30), Duration.ofSeconds(30)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("were 30 s and 30 s");
    }

    @ParameterizedTest
    @CsvSource({
        "MILLISECONDS, 999, 999 ms",
        "MILLISECONDS, 1550, 1.6 s",
        "MILLISECONDS, 42000, 42 s",
        "MILLISECONDS, 600000, 10 min",
        "MILLISECONDS, 86400000, 24 h",
        "BYTES, 0, 0 bytes",
        "BYTES, 2048, 2 KiB",
        "BYTES, 268435456, 256 MiB",
        "BYTES, 1610612736, 1.5 GiB",
        "COUNT, 3, 3",
        "COUNT, 2.25, 2.3",
        "SHARE, 0.125, 12.5 %"
    })
    void valuesAreWrittenForPeople(Unit unit, double value, String words) {
        assertThat(unit.words(value)).isEqualTo(words);
    }
}
