package io.sluice.lock;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * One attempt to get a lock, and the rest before the next one.
 *
 * @param lockTimeout longest wait for the lock: 1 ms to 1 day. While a statement waits for a strong lock, everybody who comes
 *     later waits behind it, so this is how long others may be held up
 * @param delay rest before the next attempt: 0 to 1 day; with jitter it is the bound of a random one
 * @param jittered true when the rest is random, from 0 to {@code delay}, so that two who failed together part
 */
public record LockAttempt(Duration lockTimeout, Duration delay, boolean jittered) {

    private static final Duration LONGEST = Duration.ofDays(1);

    public LockAttempt {
        within("lock timeout", lockTimeout, Duration.ofMillis(1));
        within("delay between attempts", delay, Duration.ZERO);
    }

    /** An attempt with just this rest behind it. */
    public static LockAttempt of(Duration lockTimeout, Duration delay) {
        return new LockAttempt(lockTimeout, delay, false);
    }

    Duration rest(RandomGenerator random) {
        return jittered ? Duration.ofMillis(random.nextLong(delay.toMillis() + 1)) : delay;
    }

    private static void within(String option, Duration value, Duration least) {
        if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + LONGEST + ", was " + value);
        }
    }
}
