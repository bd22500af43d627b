package io.sluice.lock;

import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** Makes the attempts of a {@link LockRetrier}, one after the other, and tells of each that failed who was in the way. */
public final class LockRetries {

    private static final Logger LOG = LoggerFactory.getLogger(LockRetries.class);

    private final LockRetrier retrier;
    private final Function<FailedLockAttempt, Mono<Void>> told;
    private final Scheduler scheduler;
    private final RandomGenerator random;

    /** @param told hears of each failed attempt that another one follows, which waits for it; its errors are logged and dropped */
    public LockRetries(
            LockRetrier retrier,
            Function<FailedLockAttempt, Mono<Void>> told,
            Scheduler scheduler,
            RandomGenerator random) {
        this.retrier = retrier;
        this.told = told;
        this.scheduler = scheduler;
        this.random = random;
    }

    /** One attempt as it is about to be made: who makes it asks for the lock timeout, and says whom it waited for. */
    public static final class Attempt {

        private final @Nullable LockAttempt plan;
        private volatile List<Blocker> blockers = List.of();

        Attempt(@Nullable LockAttempt plan) {
            this.plan = plan;
        }

        /** Longest wait for the lock; null: as the session has it. */
        public @Nullable Duration lockTimeout() {
            return plan == null ? null : plan.lockTimeout();
        }

        /** What was seen last; nobody seen forgets nobody. */
        public void waitsFor(List<Blocker> seen) {
            if (!seen.isEmpty()) {
                blockers = List.copyOf(seen);
            }
        }
    }

    /**
     * Runs it until it gets its lock.
     *
     * @param command what it is, for people
     * @param once makes one attempt, with nothing left of it when it fails
     * @return what the attempt emits that succeeded. Errors with {@link LockNotGrantedException} when the attempts or the budget
     *     are spent; other errors than those of locks are passed on. Cancelling cancels the attempt.
     */
    public <T> Mono<T> run(String command, Function<Attempt, Mono<T>> once) {
        return Mono.defer(() -> {
            Series series = new Series(
                    command,
                    retrier.attempt(1, command),
                    now() + retrier.budget().toMillis());
            return Mono.defer(() -> once.apply(series.made))
                    .retryWhen(
                            Retry.from(failures -> failures.concatMap(failure -> rested(series, failure.failure()))));
        });
    }

    /** Completes with a value when the next attempt is due; errors when there is none. */
    private Mono<Boolean> rested(Series series, Throwable error) {
        LockAttempt plan = series.made.plan;
        if (!isOfLocks(error)) {
            return Mono.error(error);
        }
        List<Blocker> blockers = series.made.blockers;
        LockAttempt next = plan == null ? null : retrier.attempt(series.number + 1, series.command);
        Duration rest = plan == null ? Duration.ZERO : plan.rest(random);
        if (next == null || now() + rest.toMillis() > series.until) {
            return Mono.error(new LockNotGrantedException(series.command, series.number, blockers, error));
        }
        FailedLockAttempt failed = new FailedLockAttempt(series.command, series.number, blockers, rest);
        series.number = failed.number() + 1;
        series.made = new Attempt(next);
        return tell(failed).then(Mono.delay(rest, scheduler)).thenReturn(true);
    }

    /** Attempts follow each other, so one at a time looks at it. */
    private static final class Series {

        private final String command;
        private final long until;
        private volatile int number = 1;
        private volatile Attempt made;

        Series(String command, @Nullable LockAttempt first, long until) {
            this.command = command;
            this.until = until;
            this.made = new Attempt(first);
        }
    }

    private Mono<Void> tell(FailedLockAttempt failed) {
        LOG.info(
                "'{}': attempt {} got no lock{}, again in {} ms",
                failed.command(),
                failed.number(),
                failed.blockers().isEmpty() ? "" : ", waited for " + Blockers.summary(failed.blockers()),
                failed.rest().toMillis());
        return Mono.defer(() -> told.apply(failed)).onErrorResume(error -> {
            LOG.warn("'{}': a failed attempt could not be told", failed.command(), error);
            return Mono.empty();
        });
    }

    private static boolean isOfLocks(Throwable error) {
        SqlFault fault = SqlFault.of(error);
        return fault == SqlFault.LOCK_TIMEOUT || fault == SqlFault.DEADLOCK;
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
