package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.lock.Blocker;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Time without progress is counted only where there could be progress. */
class StallClockTest {

    private static final Counted NONE = new Counted(0, 0);
    private static final String SCANNING = "building index: scanning table";

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final StallClock clock = new StallClock(Duration.ofMinutes(30), () -> 1, time);

    @Test
    void aCountThatDoesNotMoveForLongIsAStall() {
        lookedFor(Duration.ofMinutes(31), builds(SCANNING, 7));

        assertThatThrownBy(() -> looked(builds(SCANNING, 7)))
                .isInstanceOf(BuildStalledException.class)
                .hasMessageContaining(SCANNING);
    }

    @Test
    void aCountThatMovesBeginsAnew() {
        lookedFor(Duration.ofMinutes(29), builds(SCANNING, 7));
        looked(builds(SCANNING, 8));

        lookedFor(Duration.ofMinutes(29), builds(SCANNING, 8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "building index: sorting live tuples",
                "index validation: sorting tuples",
                "initializing",
                "a phase of a server to come"
            })
    void inAPhaseWithoutACountNothingStandsStill(String phase) {
        lookedFor(Duration.ofHours(5), builds(phase, 7));
    }

    @Test
    void noBuildAndNobodyToBeSeenStandStill() {
        lookedFor(
                Duration.ofHours(5),
                new Sighting(1, Instant.EPOCH, false, "", NONE, NONE, NONE, false, false, List.of()));
        lookedFor(Duration.ofHours(5), new Sighting(1, null, false, "", NONE, NONE, NONE, false, false, List.of()));
    }

    @Test
    void whoIsBlockedDoesNotStandStillOfItsOwn() {
        Blocker stranger = new Blocker(7, "clerk", "", "active", Duration.ofHours(1), "", null);
        lookedFor(
                Duration.ofHours(5),
                builds("waiting for old snapshots", 0).behind(List.of(stranger)),
                builds(SCANNING, 7));
    }

    @Test
    void aSessionThatIsGoneIsALostConnection() {
        looked(builds(SCANNING, 7));
        time.advanceTimeBy(Duration.ofSeconds(30));
        assertThatCode(this::looked).doesNotThrowAnyException();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThatThrownBy(this::looked)
                .satisfies(error -> Assertions.assertThat(SqlFault.of(error)).isEqualTo(SqlFault.CONNECTION));
    }

    private void looked(Sighting... sessions) {
        clock.seen(Arrays.asList(sessions));
    }

    private void lookedFor(Duration span, Sighting... sessions) {
        for (Duration past = Duration.ZERO; past.compareTo(span) < 0; past = past.plusMinutes(1)) {
            looked(sessions);
            time.advanceTimeBy(Duration.ofMinutes(1));
        }
    }

    private static Sighting builds(String phase, long done) {
        return new Sighting(
                1,
                Instant.EPOCH,
                false,
                phase,
                new Counted(done, 100),
                NONE,
                new Counted(0, 1),
                true,
                false,
                List.of());
    }
}
