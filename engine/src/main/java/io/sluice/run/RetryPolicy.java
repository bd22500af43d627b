package io.sluice.run;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often something that failed is tried, and how long to wait before each further attempt: full jitter over a doubling
 * bound (<a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
 * Jitter</a>), never less than a tenth of the bound, so that two who failed together do not come back together.
 *
 * @param maxAttempts attempts in all, 1 to 1 000
 * @param base bound of the first wait, at least 1 ms
 * @param longest bound of any wait, at least {@code base}, at most 1 day
 */
public record RetryPolicy(int maxAttempts, Duration base, Duration longest) {

    // first, as the defaults are checked against it
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);

    /** Five attempts, waits of up to 1 s, 2 s, 4 s and 8 s. */
    public static final RetryPolicy DEFAULTS = new RetryPolicy(5, Duration.ofSeconds(1), Duration.ofMinutes(1));

    public RetryPolicy {
        if (maxAttempts < 1 || maxAttempts > 1_000) {
            throw new IllegalArgumentException("attempts must be 1..1000, was " + maxAttempts);
        }
        if (base.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("first wait between attempts must be at least 1 ms, was " + base);
        }
        if (longest.compareTo(base) < 0 || longest.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("longest wait between attempts must be " + base + " (the first one).."
                    + LONGEST_WAIT + ", was " + longest);
        }
    }

    public RetryPolicy withMaxAttempts(int attempts) {
        return new RetryPolicy(attempts, base, longest);
    }

    /** The wait after the given number of failed attempts (1 or more). */
    public Duration delayAfter(int failures, RandomGenerator random) {
        int doublings = Math.min(Math.max(failures, 1) - 1, 30);
        long bound = Math.min(longest.toMillis(), base.toMillis() << doublings);
        long least = Math.max(1, bound / 10);
        return Duration.ofMillis(least + random.nextLong(bound - least + 1));
    }
}
