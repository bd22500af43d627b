package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Progress;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;

/**
 * The progress of runs, looked at once for however many readers there are. A reader that is slow gets the newest state when it is
 * ready for one; nobody waits for it, and nothing piles up.
 */
final class LiveProgress {

    private final Sluice sluice;
    private final Map<RunId, Flux<Progress>> looks = new ConcurrentHashMap<>();
    private final Flux<Progress> all;

    LiveProgress(Sluice sluice) {
        this.sluice = sluice;
        this.all = sluice.inspect().progress().publish().refCount(1);
    }

    /** Emits the newest state at once and then as it changes; completes when the run is over. */
    Flux<Progress> of(RunId run) {
        return Flux.defer(() -> looks.computeIfAbsent(run, this::look)).onBackpressureLatest();
    }

    private Flux<Progress> look(RunId run) {
        return sluice.progress(run)
                .doFinally(signal -> looks.remove(run))
                .replay(1)
                .refCount(1);
    }

    /** Emits the state of every run that may change by itself, as it changes; never completes. */
    Flux<Progress> all() {
        // as many at once as there are live runs: a group ends with its run
        return all.groupBy(Progress::run)
                .flatMap(run -> run.takeUntil(it -> isOver(it.status())).onBackpressureLatest(), Integer.MAX_VALUE, 1);
    }

    private static boolean isOver(RunStatus status) {
        return status.isTerminal() || status == RunStatus.FAILED;
    }
}
