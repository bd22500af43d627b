package io.sluice.data;

import io.sluice.data.Callbacks.Turn;
import io.sluice.event.RunObserver;
import io.sluice.ledger.EventJournal;
import io.sluice.ledger.EventJournal.Turns;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Calls the callbacks of one migration. The journal is the list of what is owed: a turn that is younger than the last call for it. The
 * call is journalled when it has ended, so one that was cut off is called again.
 */
final class CallbackCalls {

    private static final Logger LOG = LoggerFactory.getLogger(CallbackCalls.class);

    static final Duration LONGEST = Duration.ofSeconds(30);

    private static final Set<Turn> AT_CLAIM =
            EnumSet.of(Turn.START, Turn.RESUME, Turn.PAUSE, Turn.CANCEL, Turn.COMPLETE);

    private static final Set<Turn> WHEN_LEFT = EnumSet.of(Turn.PAUSE, Turn.CANCEL, Turn.COMPLETE);

    private static final Set<RunStatus> TURNED = EnumSet.of(RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.SUCCEEDED);

    private final Callbacks callbacks;
    private final EventJournal journal;
    private final RunObserver observer;
    private final Scheduler scheduler;

    CallbackCalls(Callbacks callbacks, DataRunContext context) {
        this.callbacks = callbacks;
        this.journal = context.ledger().journal();
        this.observer = context.observer();
        this.scheduler = context.scheduler();
    }

    boolean areAroundSubBatches() {
        return callbacks.areAroundSubBatches();
    }

    /** The session with callbacks around its sub-batches. */
    LaneSession around(LaneSession session, Run run) {
        return new CallbackSession(session, this, run);
    }

    /** Calls what a run is owed that is about to be worked on; completes when that has ended. */
    Mono<Void> claimed(Run run) {
        return callbacks.areOfTheLifecycle() ? owed(run, AT_CLAIM) : Mono.empty();
    }

    /** Calls what a run is owed that nobody works on. Errors are logged: the next one to look finds it again. */
    Mono<Void> left(Run run) {
        if (!callbacks.areOfTheLifecycle() || !TURNED.contains(run.status())) {
            return Mono.empty();
        }
        return owed(run, WHEN_LEFT).onErrorResume(e -> {
            LOG.warn("run {} of '{}': its callbacks wait, the journal cannot be read", run.id(), run.name(), e);
            return Mono.empty();
        });
    }

    private Mono<Void> owed(Run run, Set<Turn> wanted) {
        return journal.turns(run.id())
                .flatMapMany(turns -> Flux.fromIterable(owed(turns, wanted)))
                .concatMap(turn -> callSafely(turn, run).then(Mono.defer(() -> journal.called(run.id(), turn.name()))))
                .then();
    }

    /** A turn, and the number of the event that told of it. */
    private record Due(Turn turn, long at) {}

    /** In the order in which the turns came. Nothing is owed to a run for what was before its first call. */
    private static List<Turn> owed(Turns turns, Set<Turn> wanted) {
        Long start = turns.called().get(Turn.START.name());
        return Stream.of(
                        new Due(Turn.START, start == null ? turns.started() : 0),
                        new Due(Turn.RESUME, turns.resumed()),
                        new Due(Turn.PAUSE, turns.paused()),
                        new Due(Turn.CANCEL, turns.cancelled()),
                        new Due(Turn.COMPLETE, turns.completed()))
                .filter(due -> due.turn == Turn.START || (start != null && due.at > start))
                .filter(due -> wanted.contains(due.turn) && due.at > called(turns, due.turn))
                .sorted(Comparator.comparingLong(Due::at))
                .map(Due::turn)
                .toList();
    }

    private static long called(Turns turns, Turn turn) {
        Long number = turns.called().get(turn.name());
        return number == null ? 0 : number;
    }

    /** Calls, and completes whatever comes of it. */
    Mono<Void> callSafely(Turn turn, Run run) {
        return call(turn, run).onErrorResume(error -> {
            LOG.warn("run {} of '{}': its callback {} failed", run.id(), run.name(), turn, error);
            return observer.callbackFailed(run, error);
        });
    }

    /** Calls; errors as the callback does, or with a timeout. */
    Mono<Void> call(Turn turn, Run run) {
        return Mono.defer(() -> asked(turn, run)).timeout(LONGEST, scheduler);
    }

    /** Reactor would throw a class that is missing at whoever is on the thread. */
    private Mono<Void> asked(Turn turn, Run run) {
        try {
            return Flux.from(callbacks.at(turn).apply(run)).then();
        } catch (LinkageError e) {
            return Mono.error(new IllegalStateException("the callback " + turn + " cannot be linked: " + e, e));
        }
    }
}
