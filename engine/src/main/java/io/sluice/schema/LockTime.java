package io.sluice.schema;

import java.time.Duration;

/** How long a run has asked for locks in vain. Statements side by side ask at the same time, and that counts once. */
final class LockTime {

    private long until = Long.MIN_VALUE;
    private long spent;

    /** Counts the time from one moment to another, in milliseconds, as far as it is not counted yet. */
    synchronized void spend(long from, long to) {
        long begin = Math.max(from, until);
        if (to > begin) {
            spent += to - begin;
            until = to;
        }
    }

    /** What is left of a budget; zero when it is spent. */
    synchronized Duration leftOf(Duration budget) {
        return Duration.ofMillis(Math.max(0, budget.toMillis() - spent));
    }
}
