package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class SettableClockTest {

    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private final SettableClock clock = SettableClock.at(NOON);

    @Test
    void standsStill() {
        assertThat(clock.instant()).isEqualTo(NOON);
        assertThat(SettableClock.at("2026-01-31T12:00:00Z").instant()).isEqualTo(NOON);
    }

    @Test
    void movesByADuration() {
        assertThat(clock.advance(Duration.ofMinutes(5))).isEqualTo(NOON.plusSeconds(300));
        assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(300));
    }

    @Test
    void movesToATime() {
        clock.set(NOON.minusSeconds(1));

        assertThat(clock.instant()).isEqualTo(NOON.minusSeconds(1));
    }

    @Test
    void isTheSameClockInAnotherZone() {
        SettableClock elsewhere = clock.withZone(ZoneId.of("Asia/Tokyo"));

        clock.advance(Duration.ofHours(1));

        assertThat(elsewhere.instant()).isEqualTo(NOON.plusSeconds(3600));
        assertThat(elsewhere.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
    }
}
