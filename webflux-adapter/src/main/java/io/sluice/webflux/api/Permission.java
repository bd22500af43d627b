package io.sluice.webflux.api;

import io.sluice.webflux.Control;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What stands before every change: the switch, then that no page of another site sent it, then who may. */
final class Permission {

    private static final String OFF =
            "control over HTTP is off; whoever runs this application sets sluice.web.control=true";

    private static final String FOREIGN =
            "this comes from the page of another site; only the page of this application may change runs";

    private final boolean on;
    private final Control control;

    Permission(boolean on, Control control) {
        this.on = on;
        this.control = control;
    }

    /** Why this request may change nothing, for who asks; empty when it may. */
    Mono<String> refusal(ServerWebExchange exchange) {
        if (!on) {
            return Mono.just(OFF);
        }
        return SameSite.isOf(exchange.getRequest()) ? control.refusal(exchange) : Mono.just(FOREIGN);
    }

    /** Completes when the request may change something; errors with {@link RefusedException} when not. */
    Mono<Void> permit(ServerWebExchange exchange) {
        return refusal(exchange).flatMap(reason -> Mono.error(new RefusedException(reason)));
    }
}
