package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.event.RunObserver;
import io.sluice.flow.DemandedCalls;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.run.Failure;
import io.sluice.run.Progress.Phase;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One lane of a run from its cursor to its end, one sub-batch for each one requested. It takes the lane (the fence), opens a
 * connection for it, and calls for sub-batches there; an error ends that opening, and after a wait the next one takes the lane
 * anew, so that nothing sent before can commit behind its back.
 */
final class LanePipeline {

    /** After so many sub-batches the lane gets a fresh row: versions of the old one may be kept by somebody's snapshot. */
    private static final int RENEW_AFTER = 1_000;

    private final Ledger ledger;
    private final HeldRun held;
    private final Duration patience;
    private final int number;
    private final Pace pace;
    private final Scheduler scheduler;
    private final RunObserver observer;
    private final CallbackCalls callbacks;
    private final PreparedWork work;
    private final Phase phase;
    private final LaneRecovery recovery;

    LanePipeline(DataRunContext context, HeldRun held, int number, Pace pace, PreparedWork work, Phase phase) {
        this.ledger = context.ledger();
        this.scheduler = context.scheduler();
        this.observer = context.observer();
        this.callbacks = context.callbacksOf(held.run());
        this.held = held;
        this.patience =
                held.isForeground() ? context.lease() : context.settings().takeoverPatience();
        this.number = number;
        this.pace = pace;
        this.work = work;
        this.phase = phase;
        this.recovery = new LaneRecovery(context, held, number, patience);
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
                    .doOnComplete(recovery::searchIsOver)
                    .repeat(() -> last.get() == SubBatch.State.RENEW)
                    .retryWhen(recovery.retries());
        });
    }

    private Flux<SubBatch> opening() {
        return ledger.lanes()
                .take(held.lease(), number, patience)
                .doOnNext(recovery::opened)
                .flatMapMany(lane -> lane.isDone()
                        ? Flux.just(SubBatch.NOTHING_LEFT)
                        : ledger.connections().dedicate(connection -> calls(connection, lane)));
    }

    private Flux<SubBatch> calls(Connection connection, Lane lane) {
        // for this opening only: if its answer is lost the row may be passed, and the next one must fail by itself
        Failure bad = recovery.takeBadRow();
        return bad == null
                ? work.session(connection, lane, phase).map(this::observed).flatMapMany(this::calls)
                : DemandedCalls.inOrder(
                        () -> quarantined(watched(work.quarantining(connection, lane, phase, bad)), lane, bad),
                        () -> 1,
                        SubBatch::endsItsOpening);
    }

    private Flux<SubBatch> calls(LaneSession session) {
        AtomicInteger made = new AtomicInteger();
        return DemandedCalls.inOrder(
                () -> call(session, made.incrementAndGet()),
                // nothing follows on the heels of the last call of an opening: its result would be dropped
                () -> pace.isOneAtATime() || recovery.isSearching() || made.get() >= RENEW_AFTER ? 1 : session.depth(),
                SubBatch::endsItsOpening);
    }

    /**
     * The bad row stands alone: it is passed, and the run goes on behind it while its budget lasts. No callback comes between the
     * commit and what is told of the row.
     */
    private Mono<SubBatch> quarantined(LaneSession session, Lane lane, Failure bad) {
        return session.next(0)
                .onErrorMap(error -> recovery.ofQuarantining(lane, error))
                .delayUntil(done -> done.isCommitted() ? recovery.quarantined(bad, phase) : Mono.empty())
                .map(done -> done.state() == SubBatch.State.COMMITTED ? done.as(SubBatch.State.RENEW) : done);
    }

    private LaneSession observed(LaneSession session) {
        LaneSession watched = watched(session);
        return callbacks.areAroundSubBatches() ? callbacks.around(watched, held.run()) : watched;
    }

    private LaneSession watched(LaneSession session) {
        return new ObservedSession(session, held.run(), observer, scheduler);
    }

    private Mono<SubBatch> call(LaneSession session, int number) {
        return pace.paced(Mono.defer(() -> session.next(pace.target())))
                .doOnNext(recovery::answered)
                .doOnError(recovery::failed)
                .map(it -> number >= RENEW_AFTER && it.state() == SubBatch.State.COMMITTED
                        ? it.as(SubBatch.State.RENEW)
                        : it);
    }
}
