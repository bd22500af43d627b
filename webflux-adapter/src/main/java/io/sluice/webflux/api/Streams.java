package io.sluice.webflux.api;

import io.sluice.run.SluiceException;
import io.sluice.sql.SqlFault;
import io.sluice.webflux.WebProperties;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * What all streams of server-sent events have in common: a hint when to come back, a comment now and then while there is nothing to
 * tell, a last event before they end by themselves, and an end when the application stops, which is not theirs: a browser
 * comes back after that (<a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, server-sent events</a>).
 */
final class Streams implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(Streams.class);

    private final Duration heartbeat;
    private final Duration retry;
    private volatile Sinks.Empty<Void> closing = Sinks.empty();
    private final AtomicReference<@Nullable String> warnedOf = new AtomicReference<>();
    private volatile boolean running;

    Streams(WebProperties web) {
        this.heartbeat = web.heartbeat();
        this.retry = web.retry();
    }

    /**
     * The body of an answer. What errors ends without a last event, so that the reader comes back and is told why by the status of
     * that answer: of this one the status is long sent.
     */
    ResponseEntity<Flux<ServerSentEvent<Object>>> answer(Flux<ServerSentEvent<Object>> told) {
        Flux<ServerSentEvent<Object>> body = Flux.defer(() -> {
            Sinks.Empty<Void> over = Sinks.empty();
            Flux<ServerSentEvent<Object>> beats = Flux.interval(heartbeat)
                    .onBackpressureDrop()
                    .map(beat -> ServerSentEvent.builder().comment("").build())
                    .takeUntilOther(over.asMono());
            return Flux.concat(
                            Flux.just(ServerSentEvent.builder()
                                    .retry(retry)
                                    .comment("sluice")
                                    .build()),
                            Flux.merge(1, quietly(told).doFinally(signal -> over.tryEmitEmpty()), beats))
                    .takeUntilOther(closing.asMono());
        });
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .header("X-Accel-Buffering", "no")
                .body(body);
    }

    private Flux<ServerSentEvent<Object>> quietly(Flux<ServerSentEvent<Object>> told) {
        return told.onErrorResume(e -> {
            if (e instanceof SluiceException || SqlFault.of(e).isTransient()) {
                LOG.debug("a stream breaks off", e);
            } else if (!e.toString().equals(warnedOf.getAndSet(e.toString()))) {
                LOG.warn(
                        "a stream breaks off by an error that nobody expected; its reader comes back. Told once, also"
                                + " if it comes again",
                        e);
            }
            return Flux.empty();
        });
    }

    /** The last event of a stream; who gets it does not come back. It has data, as one without is not dispatched. */
    static ServerSentEvent<Object> end(Object status) {
        return ServerSentEvent.<Object>builder(Map.of("status", status.toString()))
                .event("end")
                .build();
    }

    @Override
    public void start() {
        closing = Sinks.empty();
        running = true;
    }

    /** Before the web server waits for its requests: these would never end. */
    @Override
    public void stop() {
        running = false;
        closing.tryEmitEmpty();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
