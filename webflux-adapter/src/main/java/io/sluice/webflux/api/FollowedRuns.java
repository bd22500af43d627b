package io.sluice.webflux.api;

import io.sluice.event.SluiceEvent;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunNotFoundException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The runs that one reader follows. One that was over is followed anew where it goes on, as one does that is retried, and one that is
 * enqueued meanwhile is followed, too. It is over when none of them goes on by itself.
 *
 * @param <T> what is told of a run
 */
final class FollowedRuns<T> {

    private final Function<Run, Flux<T>> progress;
    private final Function<RunId, Mono<Run>> look;
    private final Sinks.Many<Run> runs = Sinks.many().unicast().onBackpressureBuffer();
    private final Set<RunId> followed = new HashSet<>();
    private final Set<RunId> wentOn = new HashSet<>();

    FollowedRuns(Function<Run, Flux<T>> progress, Function<RunId, Mono<Run>> look) {
        this.progress = progress;
        this.look = look;
    }

    /** Emits what is told of them, for one subscriber; completes when they are over. */
    Flux<T> progress(List<Run> begin) {
        return Flux.defer(() -> {
            begin.forEach(this::follow);
            if (begin.isEmpty()) {
                runs.tryEmitComplete();
            }
            // as many at once as are followed: each run once
            return runs.asFlux()
                    .flatMap(
                            run -> progress.apply(run).concatWith(Flux.defer(() -> left(run.id()))),
                            Integer.MAX_VALUE,
                            1);
        });
    }

    /**
     * To be subscribed to for each event of these runs, in order. The journal may tell of what is long over, so the run is looked at as it
     * stands.
     */
    Mono<Void> happened(SluiceEvent event) {
        return goesOn(event)
                ? Mono.defer(() -> isFollowed(event)
                        ? Mono.empty()
                        : live(event.origin().run()).doOnNext(this::follow).then())
                : Mono.empty();
    }

    /** Any event of one that is not over: what put it there may lie behind the place where its reader began. */
    private static boolean goesOn(SluiceEvent event) {
        return event instanceof SluiceEvent.RunEnqueued
                || (event instanceof SluiceEvent.StatusChanged changed && !SharedLooks.isOver(changed.to()));
    }

    /** One whose end is not told yet is looked at when it is, where it has gone on behind that. */
    private synchronized boolean isFollowed(SluiceEvent event) {
        RunId run = event.origin().run();
        if (followed.contains(run)
                && event instanceof SluiceEvent.StatusChanged changed
                && SharedLooks.isOver(changed.from())) {
            wentOn.add(run);
        }
        return followed.contains(run);
    }

    private synchronized void follow(Run run) {
        if (followed.add(run.id())) {
            runs.tryEmitNext(run);
        }
    }

    private Publisher<T> left(RunId run) {
        return hasGoneOn(run)
                ? live(run).doOnNext(this::anew).hasElement().flatMapMany(goesOn -> goesOn ? Flux.empty() : left(run))
                : Flux.empty();
    }

    /** Whether it is said to have gone on; where not it is followed no more, in one breath, so that nothing is said in between. */
    private synchronized boolean hasGoneOn(RunId run) {
        if (wentOn.remove(run)) {
            return true;
        }
        followed.remove(run);
        if (followed.isEmpty()) {
            runs.tryEmitComplete();
        }
        return false;
    }

    private synchronized void anew(Run run) {
        runs.tryEmitNext(run);
    }

    /** The run, where it is not over. */
    private Mono<Run> live(RunId run) {
        return look.apply(run)
                .filter(it -> !SharedLooks.isOver(it.status()))
                .onErrorResume(RunNotFoundException.class, gone -> Mono.empty());
    }
}
