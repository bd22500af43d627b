package io.sluice.schema;

import io.sluice.schema.Backends.Session;
import java.util.List;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * What is at work on the server for a run from before: for a worker that died, or behind a connection that was lost. A
 * statement goes on and is waited for, as closely watched as one of our own; a session that only sleeps must not begin any more.
 */
final class EarlierStatements {

    private static final String WHOSE = "the statement of an earlier worker";

    private final SchemaRunContext context;
    private final long token;
    private final Backends backends;
    private final Watchdog watchdog;

    /** @param token of the lease: what somebody does under a later one is not ours to end */
    EarlierStatements(SchemaRunContext context, long token, Backends backends, Watchdog watchdog) {
        this.context = context;
        this.token = token;
        this.backends = backends;
        this.watchdog = watchdog;
    }

    /** Emits whether there are any. */
    Mono<Boolean> areAtWork() {
        return backends.upTo(token).hasElements();
    }

    /**
     * Completes when there are none any more; errors with {@link BuildStalledException} when one stands still.
     *
     * @return whether one was waited for whose end nobody heard of
     */
    Mono<Boolean> awaited() {
        return backends.upTo(token)
                .collectList()
                .flatMap(found -> found.isEmpty()
                        ? Mono.just(false)
                        : awaited(found).thenReturn(found.stream().anyMatch(it -> !it.isIdle())));
    }

    private Mono<Void> awaited(List<Session> found) {
        return Mono.defer(() -> {
            StallClock clock = new StallClock(context.settings().stall(), () -> 0, context.scheduler());
            return watchdog.says("waiting for " + WHOSE, names(found))
                    .then(Mono.firstWithSignal(
                            gone(), watchdog.watchOthers(backends.names(), WHOSE, context.watch(), clock::seen)));
        });
    }

    private Mono<Void> gone() {
        return backends.upTo(token)
                .concatMap(it -> it.isIdle() ? backends.terminate(it).thenReturn(it) : Mono.just(it))
                .hasElements()
                .filter(any -> any)
                // a look that found none emits nothing, and is the last
                .repeatWhen(looks -> looks.takeWhile(emitted -> emitted > 0)
                        .concatMap(emitted -> Mono.delay(context.watch(), context.scheduler())))
                .then();
    }

    private static String names(List<Session> found) {
        return found.stream()
                .map(it -> "pid " + it.pid() + " of an earlier worker")
                .collect(Collectors.joining(", "));
    }
}
