package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.event.RunObserver;
import io.sluice.flow.DemandedCalls;
import io.sluice.ledger.BatchStore;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneStore;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.run.Failure;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RetryPolicy;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * One lane of a run from its cursor to its end, one sub-batch for each one requested. It takes the lane (the fence), opens a
 * connection for it, and calls for sub-batches there; an error ends that opening, and after a wait the next one takes the lane
 * anew, so that nothing sent before can commit behind its back.
 */
final class LanePipeline {

    private static final Logger LOG = LoggerFactory.getLogger(LanePipeline.class);

    /** After so many sub-batches the lane gets a fresh row: versions of the old one may be kept by somebody's snapshot. */
    private static final int RENEW_AFTER = 1_000;

    private final Ledger ledger;
    private final HeldRun held;
    private final Duration patience;
    private final int number;
    private final DataSettings settings;
    private final FailureReport failures;
    private final Pace pace;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final RunObserver observer;
    private final CallbackCalls callbacks;
    private final PreparedWork work;
    private final Phase phase;
    private final AtomicBoolean searching = new AtomicBoolean();
    private final AtomicReference<@Nullable Failure> badRow = new AtomicReference<>();

    LanePipeline(DataRunContext context, HeldRun held, int number, Pace pace, PreparedWork work, Phase phase) {
        this.ledger = context.ledger();
        this.settings = context.settings();
        this.failures = context.failures();
        this.scheduler = context.scheduler();
        this.random = context.random();
        this.observer = context.observer();
        this.callbacks = context.callbacksOf(held.run());
        this.held = held;
        this.patience =
                held.isForeground() ? context.lease() : context.settings().takeoverPatience();
        this.number = number;
        this.pace = pace;
        this.work = work;
        this.phase = phase;
    }

    /**
     * Emits one value per sub-batch. The last one says why the stream ended; it is never RENEW.
     *
     * @return errors with {@link BatchFailedException} when the attempts of a batch are spent, with {@link LeaseLostException}
     *     when somebody else has the lane. Cancelling cancels what is in flight on the server and discards the connection.
     */
    Flux<SubBatch> subBatches() {
        return Flux.defer(() -> {
            AtomicReference<SubBatch.State> last = new AtomicReference<>(SubBatch.State.NOTHING_LEFT);
            return opening()
                    .doOnNext(it -> last.set(it.state()))
                    .doOnComplete(() -> searching.set(false))
                    .repeat(() -> last.get() == SubBatch.State.RENEW)
                    .retryWhen(retries());
        });
    }

    private Flux<SubBatch> opening() {
        return ledger.lanes()
                .take(held.lease(), number, patience)
                .flatMapMany(lane -> lane.isDone()
                        ? Flux.just(SubBatch.NOTHING_LEFT)
                        : ledger.connections().dedicate(connection -> calls(connection, lane)));
    }

    private Flux<SubBatch> calls(Connection connection, Lane lane) {
        Failure bad = badRow.get();
        return bad == null
                ? work.session(connection, lane, phase).map(this::observed).flatMapMany(this::calls)
                : quarantined(work.quarantining(connection, lane, phase, bad), bad)
                        .flux();
    }

    private Flux<SubBatch> calls(LaneSession session) {
        AtomicInteger made = new AtomicInteger();
        return DemandedCalls.inOrder(
                () -> call(session, made.incrementAndGet()),
                // nothing follows on the heels of the last call of an opening: its result would be dropped
                () -> pace.rests() || searching.get() || made.get() >= RENEW_AFTER ? 1 : session.depth(),
                SubBatch::endsItsOpening);
    }

    /** The bad row stands alone: it is passed, and the run goes on behind it while its budget lasts. */
    private Mono<SubBatch> quarantined(LaneSession session, Failure bad) {
        return session.next(0)
                .delayUntil(done -> {
                    badRow.set(null);
                    observer.rowQuarantined(held.run());
                    return withinBudget(bad);
                })
                .map(done -> done.state() == SubBatch.State.COMMITTED ? done.as(SubBatch.State.RENEW) : done);
    }

    private Mono<Void> withinBudget(Failure last) {
        long run = held.run().id().number();
        QuarantineBudget budget = settings.quarantine();
        return ledger.quarantine()
                .announce(run)
                .zipWith(
                        ledger.dataRuns().progress(run),
                        (open, progress) -> budget.isExceededBy(open, progress.total())
                                ? Mono.<Void>error(
                                        new QuarantineBudgetException(held.run().id(), open, budget, last))
                                : Mono.<Void>empty())
                .flatMap(verdict -> verdict);
    }

    private LaneSession observed(LaneSession session) {
        LaneSession observed = new ObservedSession(session, held.run(), observer, scheduler);
        return callbacks.areAroundSubBatches() ? callbacks.around(observed, held.run()) : observed;
    }

    private Mono<SubBatch> call(LaneSession session, int number) {
        return pace.paced(Mono.defer(() -> session.next(pace.target())))
                .map(it -> number >= RENEW_AFTER && it.state() == SubBatch.State.COMMITTED
                        ? it.as(SubBatch.State.RENEW)
                        : it);
    }

    private Retry retries() {
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
                || error instanceof QuarantineBudgetException) {
            return Mono.error(error);
        }
        SqlFault fault = SqlFault.of(error);
        if (fault.isTransient()) {
            return inARow > settings.transientRetries().maxAttempts()
                    ? Mono.error(error)
                    : waiting(settings.transientRetries(), inARow, error);
        }
        Failure failure = failures.of(error);
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
        if (batch == null) {
            // the call behind the one that failed may have done what was left
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

    /** What fails while a batch is split is no attempt of the batch: it is how the bad row is found. */
    private Mono<Void> told(BatchStore.Attempt attempt, Throwable error) {
        return attempt.state() == BatchStore.Attempt.State.SPLIT && !attempt.begunToSplit()
                ? Mono.empty()
                : observer.batchFailed(held.run(), error);
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
