package io.sluice.webflux.api;

import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/**
 * The progress of runs of one kind, looked at once for however many readers there are. A reader that is slow gets the newest state
 * when it is ready for one; nobody waits for it, and nothing piles up.
 */
final class SharedLooks<T> {

    private final Function<RunId, Flux<T>> look;
    private final Flux<T> all;
    private final Function<T, RunId> run;
    private final Function<T, RunStatus> status;
    private final Map<RunId, Flux<T>> looks = new ConcurrentHashMap<>();

    SharedLooks(Function<RunId, Flux<T>> look, Flux<T> all, Function<T, RunId> run, Function<T, RunStatus> status) {
        this.look = look;
        this.all = all.publish().refCount(1);
        this.run = run;
        this.status = status;
    }

    /** Emits the newest state at once and then as it changes; completes when the run is over. */
    Flux<T> of(RunId id) {
        return Flux.defer(() -> looks.computeIfAbsent(id, this::shared)).onBackpressureLatest();
    }

    private Flux<T> shared(RunId id) {
        // before its readers hear of the end: who comes back at once must not be given what is over
        return look.apply(id)
                .doOnTerminate(() -> looks.remove(id))
                .doOnCancel(() -> looks.remove(id))
                .replay(1)
                .refCount(1);
    }

    /** Emits the state of every run that may change by itself, as it changes; never completes. */
    Flux<T> all() {
        // as many at once as there are live runs: a group ends with its run
        return all.groupBy(run)
                .flatMap(
                        states ->
                                states.takeUntil(it -> isOver(status.apply(it))).onBackpressureLatest(),
                        Integer.MAX_VALUE,
                        1);
    }

    /** It does not go on by itself. */
    static boolean isOver(RunStatus status) {
        return status.isTerminal() || status == RunStatus.FAILED;
    }
}
