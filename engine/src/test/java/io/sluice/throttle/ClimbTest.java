package io.sluice.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rate falls at once and rises slowly. */
class ClimbTest {

    private static final int STEP = 250;

    private final Climb climb = new Climb(Duration.ofSeconds(10));
    private long now = 1_000_000;

    private double after(long millis, double allowed) {
        now += millis;
        return climb.next(allowed, now);
    }

    @Test
    void fullSpeedIsWhereItBegins() {
        assertThat(after(0, 1)).isEqualTo(1);
    }

    @Test
    void itFallsAtOnceToWhatIsAllowed() {
        assertThat(after(STEP, 0.7)).isEqualTo(0.7);
        assertThat(after(STEP, 0.2)).isEqualTo(0.2);
        assertThat(after(STEP, 0)).isZero();
    }

    @Test
    void itFallsInProportionAndNotInSteps() {
        List<Double> shares = new ArrayList<>();
        for (int i = 0; i <= 20; i++) {
            shares.add(after(STEP, 1 - i / 20.0));
        }

        assertThat(shares).isSortedAccordingTo((one, other) -> Double.compare(other, one));
        assertThat(shares.subList(0, 20)).doesNotHaveDuplicates();
    }

    @Test
    void itRisesInTheTimeGiven() {
        after(STEP, 0.5);

        double before = 0.5;
        for (int i = 0; i < 20; i++) {
            double share = after(STEP, 1);
            assertThat(share - before).isCloseTo(0.025, within(1e-9));
            before = share;
        }
        assertThat(after(STEP, 1)).isEqualTo(1);
    }

    @Test
    void itDoesNotRiseAboveWhatIsAllowed() {
        after(STEP, 0.5);
        for (int i = 0; i < 100; i++) {
            after(STEP, 0.6);
        }

        assertThat(after(STEP, 0.6)).isEqualTo(0.6);
    }

    @Test
    void whatIsAllowedAtAllIsNotNextToNothing() {
        assertThat(after(STEP, 0.001)).isEqualTo(Climb.LOWEST);
    }

    @Test
    void whatStoppedGoesOnOnlyWellBelowTheLimit() {
        after(STEP, 0);

        assertThat(after(STEP, 0.19)).isZero();
        assertThat(after(STEP, 0.2)).isEqualTo(Climb.LOWEST);
        assertThat(after(STEP, 0.19)).as("it goes on between").isGreaterThanOrEqualTo(Climb.LOWEST);
    }

    @Test
    void aValueThatSwingsAboutALimitMakesNoSawtooth() {
        List<Double> shares = new ArrayList<>();
        after(STEP, 0.5);
        for (int i = 0; i < 200; i++) {
            shares.add(after(STEP, i % 2 == 0 ? 0.9 : 0.5));
        }

        assertThat(shares).allSatisfy(share -> assertThat(share).isBetween(0.5, 0.5 + 0.025 + 1e-9));
    }

    @Test
    void timeInWhichNobodyLookedIsNoGoodTime() {
        after(STEP, 0);
        after(STEP, 1);

        assertThat(after(3_600_000, 1)).isCloseTo(Climb.LOWEST + 0.1, within(1e-9));
    }
}
