package io.sluice.data;

import io.sluice.flow.SharedDemand;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.LaneStore;
import io.sluice.run.BatchSettings;
import io.sluice.run.Progress.Phase;
import io.sluice.throttle.RunAtWork;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The lanes of one pass, side by side, as one stream. So many as the settings say are at work at a time; what an earlier holder
 * left is taken up first, and whoever is done goes on with half of what another one has left.
 */
final class Lanes {

    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    /** Sub-batches that a lane may owe: as many as it has in flight. */
    private static final int AHEAD = 2;

    private final DataRunContext context;
    private final HeldRun held;
    private final PreparedWork work;
    private final BatchSettings settings;
    private final Throttling throttling;
    private final TurnTaking turns;
    private final Phase phase;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicReference<Mono<Void>> lastHalving = new AtomicReference<>(Mono.empty());

    Lanes(
            DataRunContext context,
            HeldRun held,
            PreparedWork work,
            BatchSettings settings,
            Throttling throttling,
            TurnTaking turns,
            Phase phase) {
        this.context = context;
        this.held = held;
        this.work = work;
        this.settings = settings;
        this.throttling = throttling;
        this.turns = turns;
        this.phase = phase;
    }

    /**
     * Emits one value per sub-batch, of whichever lane; demand is shared among them. Ends when all lanes have, or at once with
     * the first one that is refused.
     *
     * @return errors with the first error of any lane, and cancels the others: what they had in flight is rolled back and done
     *     by the next holder
     */
    Flux<SubBatch> subBatches() {
        return Flux.defer(() -> {
            AtomicBoolean again = new AtomicBoolean();
            return context.ledger()
                    .lanes()
                    .roll(held.run().id().number())
                    .doOnNext(roll -> again.set(!roll.open().isEmpty()))
                    .flatMapMany(roll -> SharedDemand.of(places(roll), AHEAD))
                    .takeUntil(it -> it.state() == SubBatch.State.REFUSED)
                    .doOnNext(it -> again.compareAndSet(true, it.state() != SubBatch.State.REFUSED))
                    // a lane that was made while its answer was lost is nobody's; a pass is over when no lane is open
                    .repeat(again::get);
        });
    }

    private int width() {
        return phase == Phase.RETRYING ? 1 : settings.lanes();
    }

    private List<Flux<SubBatch>> places(LaneStore.Roll roll) {
        Queue<Integer> open = new ConcurrentLinkedQueue<>(roll.open());
        AtomicInteger next = new AtomicInteger(roll.next());
        Flux<SubBatch> place = Flux.defer(() -> place(lane(open, next)));
        Sinks.Empty<Void> done = Sinks.empty();
        List<Flux<SubBatch>> places = new ArrayList<>();
        places.add(place.doOnComplete(done::tryEmitEmpty));
        // the turn of the run is one connection; each further lane takes one that nobody else wants, while there is
        // work for it
        places.addAll(Collections.nCopies(width() - 1, turns.turn().alongside(done.asMono(), place)));
        return places;
    }

    /** One lane after the other, until there is none. */
    private Flux<SubBatch> place(Mono<Integer> lane) {
        AtomicBoolean more = new AtomicBoolean();
        return Mono.defer(() -> {
                    more.set(false);
                    return lane.doOnNext(number -> more.set(true));
                })
                .flatMapMany(this::subBatches)
                .repeat(more::get);
    }

    private Mono<Integer> lane(Queue<Integer> open, AtomicInteger next) {
        return Mono.fromSupplier(open::poll)
                .switchIfEmpty(
                        Mono.defer(() -> width() == 1 ? Mono.empty() : inTurn(work.halve(next.getAndIncrement()))));
    }

    /** One halving at a time: each may wait for a lane, and holds a connection that others need to keep the lease. */
    private <T> Mono<T> inTurn(Mono<T> halving) {
        Sinks.Empty<Void> over = Sinks.empty();
        Mono<Void> before = lastHalving.getAndSet(over.asMono());
        return before.then(halving).doFinally(end -> over.tryEmitEmpty());
    }

    private Flux<SubBatch> subBatches(int number) {
        Pace pace = new Pace(
                new RunAtWork(held.run().id(), work.table()),
                context.throttle(),
                throttling,
                turns,
                settings.rests(),
                held.isForeground(),
                context.scheduler());
        return new LanePipeline(context, held, number, pace, work, phase)
                .subBatches()
                .onErrorResume(error -> isFirst(number, error) ? Flux.error(error) : Flux.empty());
    }

    /** Lanes often end for one reason, all of them: the first one tells it, and with it all are over. */
    private boolean isFirst(int number, Throwable error) {
        boolean first = ended.compareAndSet(false, true);
        if (!first) {
            LOG.debug("run {} lane {} ended, too", held.run().id(), number, error);
        }
        return first;
    }
}
