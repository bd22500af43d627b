package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolSettingsTest {

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3, 33})
    void aSizeOutOfRangeIsRefused(int size) {
        assertThatThrownBy(() -> PoolSettings.DEFAULTS.withMaxSize(size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxSize of the pool must be 4..32, was " + size);
    }

    @Test
    void timesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> PoolSettings.DEFAULTS.withMaxIdleTime(Duration.ZERO))
                .hasMessage("maxIdleTime of the pool must be PT0.1S..PT10M, was PT0S");
        assertThatThrownBy(() -> PoolSettings.DEFAULTS.withMaxAcquireTime(Duration.ofMinutes(2)))
                .hasMessage("maxAcquireTime of the pool must be PT0.1S..PT1M, was PT2M");
    }
}
