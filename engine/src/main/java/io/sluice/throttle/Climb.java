package io.sluice.throttle;

import java.time.Duration;

/**
 * The hysteresis of a signal: the share of full speed falls at once and rises slowly, so that a value which swings about a limit
 * does not make the run start and stop. What stopped goes on only well below the limit.
 */
final class Climb {

    /** What is allowed to go on at all goes on with so much. */
    static final double LOWEST = 0.05;

    /** A run that was stopped goes on when so much is allowed. */
    static final double RESUME = 0.2;

    /** Nobody knows what was between two looks that are far apart, so no more time than this counts as good. */
    private static final long LONGEST_STEP = 1_000;

    private final double fromNothing;
    private double share = 1;
    private long lastLook;

    /** @param fromNothing time in which it rises from nothing to full speed */
    Climb(Duration fromNothing) {
        this.fromNothing = fromNothing.toMillis();
    }

    /** The share of full speed from now on; 0: stop. */
    double next(double allowed, long nowMillis) {
        long step = Math.min(nowMillis - lastLook, LONGEST_STEP);
        lastLook = nowMillis;
        if (allowed <= share) {
            share = allowed == 0 ? 0 : Math.max(allowed, LOWEST);
        } else if (share > 0) {
            share = Math.min(allowed, share + Math.max(0, step) / fromNothing);
        } else if (allowed >= RESUME) {
            share = LOWEST;
        }
        return share;
    }
}
