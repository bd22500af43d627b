package io.sluice.data;

import io.sluice.ledger.DataRunStore.Pass;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.QuarantineStore;
import io.sluice.run.BatchSettings;
import io.sluice.run.Progress.Phase;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The passes of a run over its keys, as one stream. The first pass does the work. Where the migration declares what remains, a
 * pass counts it and, while there is any, another one sweeps it, at most three times. A run that is taken up with nothing left
 * but its quarantine makes a pass over that.
 */
final class Passes {

    private static final int MOST_SWEEPS = 3;

    /** Passes of one try to leave nothing: a count, and after each sweep another one. */
    private static final int ROUND = 2 * MOST_SWEEPS + 1;

    private final DataRunContext context;
    private final HeldRun held;
    private final PreparedWork work;
    private final BatchSettings settings;
    private final Throttling throttling;
    private final TurnTaking turns;

    Passes(
            DataRunContext context,
            HeldRun held,
            PreparedWork work,
            BatchSettings settings,
            Throttling throttling,
            TurnTaking turns) {
        this.context = context;
        this.held = held;
        this.work = work;
        this.settings = settings;
        this.throttling = throttling;
        this.turns = turns;
    }

    /** One value per sub-batch; demand is the pace. The last one says why the stream ended. */
    Flux<SubBatch> from(Pass pass) {
        return subBatches(pass, false);
    }

    /** @param begunHere whether this holder began the pass, so that it counts as walked even where it passes no key */
    private Flux<SubBatch> subBatches(Pass pass, boolean begunHere) {
        return Flux.defer(() -> {
            AtomicReference<SubBatch.State> last = new AtomicReference<>(SubBatch.State.NOTHING_LEFT);
            AtomicBoolean walked = new AtomicBoolean(begunHere);
            return new Lanes(context, held, work, settings, throttling, turns, pass.phase())
                    .subBatches()
                    .doOnNext(it -> last.set(it.state()))
                    .doOnNext(it -> walked.compareAndSet(false, it.seen() > 0))
                    .concatWith(Flux.defer(
                            () -> last.get() == SubBatch.State.REFUSED ? Flux.empty() : after(pass, walked.get())));
        });
    }

    /** @param walked whether this holder walked any of the pass; if not, it was over when the lease was taken */
    private Flux<SubBatch> after(Pass pass, boolean walked) {
        if (!work.declaresRemaining()) {
            return allButQuarantined(pass, walked);
        }
        int number = pass.number();
        if (pass.phase() != Phase.COUNTING) {
            return next(new Pass(number + 1, Phase.COUNTING, 0));
        }
        return context.ledger()
                .dataRuns()
                .passResult(held.run().id().number())
                .map(Pass::rowsLeft)
                .filter(left -> left > 0)
                .flatMapMany(left -> {
                    if (number % ROUND != 0) {
                        return next(new Pass(number + 1, Phase.SWEEPING, left));
                    }
                    // an old count says nothing of a run that is retried because its cause was mended
                    return walked
                            ? Flux.error(new RowsLeftException(held.run().id(), left, MOST_SWEEPS))
                            : next(new Pass(number + 1, Phase.COUNTING, 0));
                })
                .switchIfEmpty(Flux.defer(() -> allButQuarantined(pass, walked)));
    }

    /**
     * What was in quarantine before the run was retried, or when it was taken up with all else done, is tried; then it fails with what
     * is left.
     */
    private Flux<SubBatch> allButQuarantined(Pass pass, boolean walked) {
        int firstOfNextRound = (pass.number() / ROUND + 1) * ROUND;
        long run = held.run().id().number();
        QuarantineStore quarantine = context.ledger().quarantine();
        return quarantine
                .announce(run)
                .map(QuarantineStore.Announced::open)
                .filter(open -> open > 0)
                .flatMapMany(open -> (walked ? quarantine.hasUntried(run) : Mono.just(true))
                        .flatMapMany(untried -> untried
                                ? next(new Pass(firstOfNextRound, Phase.RETRYING, 0))
                                : quarantine
                                        .list(run)
                                        .take(1)
                                        .concatMap(first -> Flux.error(new RowsQuarantinedException(
                                                held.run().id(), open, first.failure())))));
    }

    private Flux<SubBatch> next(Pass next) {
        // the pass first: the lease guards it, so whoever lost that makes nothing for others to stumble on
        return (next.phase() == Phase.RETRYING ? Mono.just(List.of(ItemSession.OPEN_RANGE)) : work.ranges())
                .flatMap(lanes -> context.ledger().dataRuns().beginPass(held.lease(), next, lanes))
                .then(Mono.defer(() -> installed(context, work, next.phase())))
                .thenMany(Flux.defer(() -> subBatches(next, true)));
    }

    /** Makes what a phase needs on the server. */
    static Mono<Void> installed(DataRunContext context, PreparedWork work, Phase phase) {
        return context.ledger()
                .connections()
                .transaction(connection -> work.install(connection, phase).thenReturn(phase))
                .then();
    }
}
