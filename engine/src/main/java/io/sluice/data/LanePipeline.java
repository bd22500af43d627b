package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.flow.DemandedCalls;
import io.sluice.ledger.DataRunStore;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.run.Failure;
import io.sluice.run.RetryPolicy;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
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
    private final BiFunction<Connection, Lane, Mono<LaneSession>> sessions;

    LanePipeline(
            DataRunContext context,
            HeldRun held,
            int number,
            Pace pace,
            BiFunction<Connection, Lane, Mono<LaneSession>> sessions) {
        this.ledger = context.ledger();
        this.settings = context.settings();
        this.failures = context.failures();
        this.scheduler = context.scheduler();
        this.random = context.random();
        this.held = held;
        this.patience =
                held.isForeground() ? context.lease() : context.settings().takeoverPatience();
        this.number = number;
        this.pace = pace;
        this.sessions = sessions;
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
        return sessions.apply(connection, lane).flatMapMany(session -> {
            AtomicInteger made = new AtomicInteger();
            return DemandedCalls.inOrder(
                    () -> call(session, made.incrementAndGet()),
                    // nothing follows on the heels of the last call of an opening: its result would be dropped
                    () -> pace.rests() || made.get() >= RENEW_AFTER ? 1 : session.depth(),
                    SubBatch::endsItsOpening);
        });
    }

    private Mono<SubBatch> call(LaneSession session, int number) {
        return pace.permit()
                .then(Mono.defer(session::next))
                .map(it -> number >= RENEW_AFTER && it.state() == SubBatch.State.COMMITTED
                        ? it.as(SubBatch.State.RENEW)
                        : it)
                .doOnNext(pace::after);
    }

    private Retry retries() {
        return Retry.from(signals ->
                signals.concatMap(signal -> afterFailure(signal.failure(), (int) signal.totalRetriesInARow() + 1), 1));
    }

    /** What passes is tried again; anything else spends an attempt of the batch, until none is left. */
    private Mono<Long> afterFailure(Throwable error, int inARow) {
        if (error instanceof LeaseLostException || error instanceof ThrottledException) {
            return Mono.error(error);
        }
        SqlFault fault = SqlFault.of(error);
        if (fault.isTransient()) {
            return inARow > settings.transientRetries().maxAttempts()
                    ? Mono.error(error)
                    : waiting(settings.transientRetries(), inARow, error);
        }
        Failure failure = failures.of(error);
        return ledger.lanes().take(held.lease(), number, patience).flatMap(lane -> spendAttempt(lane, failure, error));
    }

    private Mono<Long> spendAttempt(Lane lane, Failure failure, Throwable error) {
        Long batch = lane.batch();
        if (batch == null) {
            return Mono.error(error);
        }
        return ledger.dataRuns()
                .batchFailed(held.lease(), batch, failure)
                .flatMap((DataRunStore.BatchAttempt attempt) -> attempt.exhausted()
                        ? Mono.error(
                                new BatchFailedException(held.run().id(), batch, attempt.attempts(), failure, error))
                        : waiting(settings.batchRetries(), attempt.attempts(), error));
    }

    private Mono<Long> waiting(RetryPolicy policy, int failures, Throwable error) {
        // a foreground caller waits for its answer, not for a better time
        Duration delay = held.isForeground() ? policy.base().dividedBy(10) : policy.delayAfter(failures, random);
        LOG.debug("run {} lane {} goes on in {} after {}", held.run().id(), number, delay, error.toString());
        return Mono.delay(delay, scheduler);
    }
}
