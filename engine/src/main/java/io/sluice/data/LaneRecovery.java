package io.sluice.data;

import io.sluice.event.RunObserver;
import io.sluice.ledger.BatchStore;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneStore;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.QuarantineStore;
import io.sluice.run.Failure;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RetryPolicy;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** What follows a sub-batch that failed: a wait, fewer keys at a time, or the search for the row that is to blame. */
final class LaneRecovery {

    private static final Logger LOG = LoggerFactory.getLogger(LaneRecovery.class);

    private final Ledger ledger;
    private final HeldRun held;
    private final int number;
    private final Duration patience;
    private final DataSettings settings;
    private final FailureReport failures;
    private final RunObserver observer;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final AtomicBoolean searching = new AtomicBoolean();
    private final AtomicReference<@Nullable Failure> badRow = new AtomicReference<>();
    private final AtomicLong committed = new AtomicLong();
    private volatile long committedBefore;

    LaneRecovery(DataRunContext context, HeldRun held, int number, Duration patience) {
        this.ledger = context.ledger();
        this.settings = context.settings();
        this.failures = context.failures();
        this.observer = context.observer();
        this.scheduler = context.scheduler();
        this.random = context.random();
        this.held = held;
        this.number = number;
        this.patience = patience;
    }

    /** The lane was taken: what was committed in it until now is known. */
    void opened(Lane lane) {
        committed.set(lane.subBatches());
        committedBefore = lane.subBatches();
    }

    /** A call has answered; calls answer in the order in which they were sent. */
    void answered(SubBatch done) {
        if (done.isCommitted()) {
            committed.incrementAndGet();
        }
    }

    /** A call has failed; one behind it may still commit. */
    void failed(Throwable error) {
        committedBefore = committed.get();
    }

    /** What the next row failed with, alone, told once; null while no row is known to be bad. */
    @Nullable
    Failure takeBadRow() {
        return badRow.getAndSet(null);
    }

    /** A row that cannot even be put into quarantine: that passes, or the batch has failed for good. */
    Throwable ofQuarantining(Lane lane, Throwable error) {
        Long batch = lane.batch();
        return batch == null
                        || error instanceof LeaseLostException
                        || SqlFault.of(error).isTransient()
                ? error
                : new BatchFailedException(
                        held.run().id(), batch, 1, failures.of(NotOfARowException.cause(error)), error);
    }

    /** True while what fails must be known for sure, so that no call may be on its way behind another. */
    boolean isSearching() {
        return searching.get();
    }

    /** An opening came to its end without an error. */
    void searchIsOver() {
        searching.set(false);
    }

    /** The row is passed. Errors with {@link QuarantineBudgetException} when it is one too many. */
    Mono<Void> quarantined(Failure last, Phase phase) {
        if (phase == Phase.RETRYING) {
            return Mono.empty(); // it was there before
        }
        long run = held.run().id().number();
        QuarantineBudget budget = settings.quarantine();
        return ledger.quarantine()
                .announce(run)
                // none: it was good after all, or another lane has told of it
                .doOnNext(announced ->
                        LongStream.range(0, announced.told()).forEach(it -> observer.rowQuarantined(held.run())))
                .map(QuarantineStore.Announced::open)
                .zipWith(
                        ledger.dataRuns().progress(run),
                        (open, progress) -> budget.isExceededBy(open, progress.total())
                                ? Mono.<Void>error(
                                        new QuarantineBudgetException(held.run().id(), open, budget, last))
                                : Mono.<Void>empty())
                .flatMap(verdict -> verdict);
    }

    /** Tells when the lane is opened anew after an error, or with which error its stream ends. */
    Retry retries() {
        return Retry.from(signals ->
                signals.concatMap(signal -> afterFailure(signal.failure(), (int) signal.totalRetriesInARow() + 1), 1));
    }

    /**
     * What passes is tried again. What took too long is tried with less. Anything else spends an attempt of the batch; when none
     * is left, the batch is split until the bad row stands alone, or fails where no single row can be to blame.
     */
    private Mono<Long> afterFailure(Throwable error, int inARow) {
        if (error instanceof LeaseLostException
                || error instanceof ThrottledException
                || error instanceof BatchFailedException
                || error instanceof QuarantineBudgetException) {
            return Mono.error(error);
        }
        SqlFault fault = SqlFault.of(error);
        if (fault.isTransient()) {
            return inARow > settings.transientRetries().maxAttempts()
                    ? Mono.error(error)
                    : waiting(settings.transientRetries(), inARow, error);
        }
        Failure failure = failures.of(NotOfARowException.cause(error));
        return fault == SqlFault.TIMEOUT
                ? smaller()
                        .flatMap(lane -> lane.before() > 1
                                ? waiting(settings.transientRetries(), 1, error)
                                : spendAttempt(lane.lane(), failure, error))
                : ledger.lanes()
                        .take(held.lease(), number, patience)
                        .flatMap(lane -> spendAttempt(lane, failure, error));
    }

    private Mono<LaneStore.Shrunk> smaller() {
        return ledger.lanes().takeSmaller(held.lease(), number, patience);
    }

    private Mono<Long> spendAttempt(Lane lane, Failure failure, Throwable error) {
        Long batch = lane.batch();
        if (lane.subBatches() > committedBefore && (batch == null || lane.batchSeen() == 0)) {
            return spendAttemptOfTheBatchBefore(lane, failure, error);
        }
        if (batch == null) {
            return lane.isDone() ? Mono.just(0L) : Mono.error(error);
        }
        boolean splits = settings.quarantine().allowsAny() && SqlFault.of(error).mayBeOfOneRow(error);
        return ledger.batches()
                .failed(held.lease(), batch, failure, splits)
                .delayUntil(attempt -> told(attempt, error))
                .flatMap(attempt -> switch (attempt.state()) {
                    case ERRORED ->
                        waiting(settings.batchRetries(), attempt.attempts(), error)
                                .delayUntil(waited -> retried(attempt));
                    case SPLIT -> split(attempt, failure);
                    case FAILED ->
                        Mono.error(
                                new BatchFailedException(held.run().id(), batch, attempt.attempts(), failure, error));
                });
    }

    /** The call behind the one that failed did what was left of the batch; the attempt is that batch's all the same. */
    private Mono<Long> spendAttemptOfTheBatchBefore(Lane lane, Failure failure, Throwable error) {
        return ledger.batches()
                .failedBefore(held.lease(), lane, failure)
                .delayUntil(attempt -> told(attempt, error))
                .flatMap(attempt -> waiting(settings.batchRetries(), attempt.attempts(), error)
                        .delayUntil(waited -> retried(attempt)))
                .defaultIfEmpty(0L);
    }

    /** What fails while a batch is split is no attempt of the batch: it is how the bad row is found. */
    private Mono<Void> told(BatchStore.Attempt attempt, Throwable error) {
        return attempt.state() == BatchStore.Attempt.State.SPLIT && !attempt.begunToSplit()
                ? Mono.empty()
                : observer.batchFailed(held.run(), NotOfARowException.cause(error));
    }

    private Mono<Long> retried(BatchStore.Attempt attempt) {
        observer.batchRetried(held.run());
        return ledger.journal()
                .batchRetried(held.run().id(), attempt.batch(), attempt.attempts() + 1)
                .onErrorResume(e -> {
                    LOG.debug(
                            "run {}: that a batch is tried again could not be journalled",
                            held.run().id(),
                            e);
                    return Mono.empty();
                });
    }

    /** Half as many keys at a time; one that fails alone is the bad one. */
    private Mono<Long> split(BatchStore.Attempt attempt, Failure failure) {
        if (attempt.begunToSplit()) {
            observer.batchSplit(held.run());
            LOG.warn(
                    "run {} batch {} is split to find what fails in it: {}",
                    held.run().id(),
                    attempt.batch(),
                    failure.summary());
        }
        // a call behind the one that failed may have passed the row: only what failed with nothing behind it is to
        // blame
        boolean alone = searching.getAndSet(true);
        return smaller().map(lane -> {
            if (alone && lane.before() == 1) {
                badRow.set(failure);
            }
            return 0L;
        });
    }

    private Mono<Long> waiting(RetryPolicy policy, int failures, Throwable error) {
        // a foreground caller waits for its answer, not for a better time
        Duration delay = held.isForeground() ? policy.base().dividedBy(10) : policy.delayAfter(failures, random);
        LOG.debug("run {} lane {} goes on in {} after {}", held.run().id(), number, delay, error.toString());
        return Mono.delay(delay, scheduler);
    }
}
