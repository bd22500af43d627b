package io.sluice.event;

import io.sluice.run.Run;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Tells the user's handler of errors, and keeps the run safe from it. */
final class HandledErrors implements RunObserver {

    private static final Logger LOG = LoggerFactory.getLogger(HandledErrors.class);

    static final Duration LONGEST = Duration.ofSeconds(10);

    private final ErrorHandler handler;
    private final Scheduler scheduler;

    HandledErrors(ErrorHandler handler, Scheduler scheduler) {
        this.handler = handler;
        this.scheduler = scheduler;
    }

    @Override
    public Mono<Void> batchFailed(Run run, Throwable error) {
        return handled(run, error);
    }

    @Override
    public Mono<Void> failed(Run run, Throwable error) {
        return handled(run, error);
    }

    @Override
    public Mono<Void> callbackFailed(Run run, Throwable error) {
        return handled(run, error);
    }

    private Mono<Void> handled(Run run, Throwable error) {
        return Mono.defer(() -> asked(run, error)).timeout(LONGEST, scheduler).onErrorResume(own -> {
            LOG.warn("the error handler failed on an error of run {} of '{}'", run.id(), run.name(), own);
            return Mono.empty();
        });
    }

    /** Reactor would throw a class that is missing at whoever is on the thread. */
    private Mono<Void> asked(Run run, Throwable error) {
        try {
            return Flux.from(handler.handle(error, run)).then();
        } catch (LinkageError e) {
            return Mono.error(new IllegalStateException("the error handler cannot be linked: " + e, e));
        }
    }
}
