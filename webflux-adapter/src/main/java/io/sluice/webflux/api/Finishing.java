package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Drives runs to their end for requests that do not wait for it: what stands between a browser and its server cuts a request off
 * that is silent for a minute, and that must not hand a run back. When the application stops, they are handed back.
 */
final class Finishing implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(Finishing.class);

    private final Sluice sluice;
    private final Duration patience;
    private volatile Sinks.Empty<Void> stopping = Sinks.empty();
    private volatile boolean running;

    /** @param patience so long an answer waits for the end of the run */
    Finishing(Sluice sluice, Duration patience) {
        this.sluice = sluice;
        this.patience = patience;
    }

    /**
     * Begins to finish a run; that goes on whoever listens.
     *
     * @return the run, as it ended or as it stands after a moment; errors with that of {@link Sluice#finish(RunId)} where it comes
     *     within that moment. Later ones stand in the run and in the log.
     */
    Mono<Run> begin(RunId run) {
        return Mono.defer(() -> {
            Sinks.One<Run> ended = Sinks.one();
            sluice.finish(run)
                    .takeUntilOther(stopping.asMono())
                    .subscribe(
                            ended::tryEmitValue,
                            error -> {
                                if (ended.currentSubscriberCount() == 0) {
                                    LOG.warn("run {} was not finished: {}", run, error.getMessage());
                                }
                                ended.tryEmitError(error);
                            },
                            ended::tryEmitEmpty);
            return ended.asMono()
                    .timeout(patience, Mono.defer(() -> sluice.run(run)))
                    .switchIfEmpty(Mono.defer(() -> sluice.run(run)));
        });
    }

    @Override
    public void start() {
        stopping = Sinks.empty();
        running = true;
    }

    /** Before the engine is closed, which waits until they are handed back. */
    @Override
    public void stop() {
        running = false;
        stopping.tryEmitEmpty();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
