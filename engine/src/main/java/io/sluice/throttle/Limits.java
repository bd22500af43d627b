package io.sluice.throttle;

import java.time.Duration;

/** Two thresholds of a signal: up to the soft one a run goes at full speed, from there ever slower, and not at all from the hard one on. */
record Limits(double soft, double hard, Unit unit) {

    Limits {
        if (!(soft >= 0 && soft < hard)) {
            throw new IllegalArgumentException("the soft limit must be 0 or more and below the hard one, were "
                    + unit.words(soft) + " and " + unit.words(hard));
        }
    }

    static Limits of(Duration soft, Duration hard) {
        return new Limits(soft.toMillis(), hard.toMillis(), Unit.MILLISECONDS);
    }

    /** The share of full speed that a measured value allows. */
    double allowed(double value) {
        return Math.min(1, Math.max(0, (hard - value) / (hard - soft)));
    }
}
