package io.sluice.lock;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How often a statement that needs a strong lock is tried, how long each attempt waits for the lock and how long to rest in
 * between. Lock timeouts and deadlocks are retried; every other error is nobody's to retry here. A function of your own is a
 * retrier: it sees the number of the attempt and the command.
 */
@FunctionalInterface
public interface LockRetrier {

    /** The budget where nothing else is said: so long that the number of attempts decides. */
    Duration UNBOUNDED = Duration.ofDays(365);

    /**
     * How the attempt is made.
     *
     * @param number 1 for the first
     * @param command what is tried, as it is told to people: {@code "lock users"}, {@code "attach constraint users_email_key"}
     * @return null: it is not made, the one before was the last. Of the first attempt that means one try without a lock timeout
     *     of ours
     */
    @Nullable
    LockAttempt attempt(int number, String command);

    /** Time from the first attempt on after which no further one begins. */
    default Duration budget() {
        return UNBOUNDED;
    }

    /** One attempt, with the lock timeout that the session has. */
    static LockRetrier none() {
        return (number, command) -> null;
    }

    /**
     * The same each time.
     *
     * @param attempts in all, the first one included: 1 to 10 000
     */
    static LockRetrier constant(int attempts, Duration lockTimeout, Duration delay) {
        LockAttempt each = LockAttempt.of(lockTimeout, delay);
        requireAttempts(attempts);
        return (number, command) -> number <= attempts ? each : null;
    }

    /**
     * Rests that grow: random between 0 and a bound which doubles, in milliseconds (full jitter, as in <a
     * href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And Jitter</a>).
     *
     * @param attempts in all, the first one included: 1 to 10 000
     * @param base bound of the first rest, at least 1 ms
     * @param longest bound of any rest, at least {@code base}
     */
    static LockRetrier exponential(int attempts, Duration lockTimeout, Duration base, Duration longest) {
        requireAttempts(attempts);
        if (base.compareTo(Duration.ofMillis(1)) < 0 || longest.compareTo(base) < 0) {
            throw new IllegalArgumentException(
                    "rests must be 1 ms or longer and not fall, were " + base + " to " + longest);
        }
        LockAttempt last = new LockAttempt(lockTimeout, longest, true);
        return (number, command) -> {
            if (number > attempts) {
                return null;
            }
            // more doublings than that are beyond a day
            long bound = base.toMillis() << Math.min(number - 1, 27);
            return bound < longest.toMillis() ? new LockAttempt(lockTimeout, Duration.ofMillis(bound), true) : last;
        };
    }

    /** 30 attempts with a lock timeout of 200 ms and rests of up to 10 ms, 20 ms, 40 ms … 1 minute: 10 minutes or so. */
    static LockRetrier exponential() {
        return exponential(30, Duration.ofMillis(200), Duration.ofMillis(10), Duration.ofMinutes(1));
    }

    /** A table: one row for each attempt. */
    static LockRetrier steps(LockAttempt... table) {
        List<LockAttempt> steps = List.of(table);
        requireAttempts(steps.size());
        return (number, command) -> number <= steps.size() ? steps.get(number - 1) : null;
    }

    /** The same attempts, as far as they begin within that time: 0 (one attempt only) and longer. */
    default LockRetrier within(Duration budget) {
        if (budget.isNegative()) {
            throw new IllegalArgumentException("lock wait budget must not be negative, was " + budget);
        }
        LockRetrier attempts = this;
        return new LockRetrier() {
            @Override
            public @Nullable LockAttempt attempt(int number, String command) {
                return attempts.attempt(number, command);
            }

            @Override
            public Duration budget() {
                return budget;
            }
        };
    }

    /** The same attempts, and the last one again and again, as long as they begin within that time: 0 (one attempt only) and longer. */
    default LockRetrier lasting(Duration budget) {
        LockRetrier attempts = this;
        AtomicReference<@Nullable LockAttempt> last = new AtomicReference<>();
        LockRetrier unlimited = (number, command) -> {
            LockAttempt next = attempts.attempt(number, command);
            // where there was to be one try only, nothing is to be tried again
            return next == null ? last.get() : last.updateAndGet(before -> next);
        };
        return unlimited.within(budget);
    }

    private static void requireAttempts(int attempts) {
        if (attempts < 1 || attempts > 10_000) {
            throw new IllegalArgumentException("lock attempts must be 1..10000, were " + attempts);
        }
    }
}
