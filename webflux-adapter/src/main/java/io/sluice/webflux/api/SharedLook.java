package io.sluice.webflux.api;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A look at all shards for however many ask: one at a time, as each takes a connection of those that renew leases. Who comes while one is
 * under way shares the next, which sees all that was done before it was asked for.
 */
final class SharedLook<T> {

    private final Mono<T> look;
    private Sinks.Empty<Void> underWay = Sinks.empty();
    private @Nullable Mono<T> next;

    SharedLook(Mono<T> look) {
        this.look = look;
        underWay.tryEmitEmpty();
    }

    /** Emits what a look sees that begins after this was subscribed to. Who cancels does not take it from the others. */
    Mono<T> seen() {
        return Mono.defer(this::joined);
    }

    private synchronized Mono<T> joined() {
        if (next == null) {
            Sinks.Empty<Void> before = underWay;
            Sinks.Empty<Void> done = Sinks.empty();
            underWay = done;
            next = before.asMono()
                    .then(Mono.defer(this::begun))
                    .doFinally(signal -> done.tryEmitEmpty())
                    .cache();
        }
        return next;
    }

    private synchronized Mono<T> begun() {
        next = null;
        return look;
    }
}
