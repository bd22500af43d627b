package io.sluice.webflux.api;

import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Decides who may change runs over HTTP. */
interface Control {

    /** Why the page of another site is refused. */
    String FOREIGN = "this comes from the page of another site; only the page of this application may change runs";

    /**
     * Why this request may change nothing.
     *
     * @return a sentence for who asks; empty when it may
     */
    Mono<String> refusal(ServerWebExchange exchange);

    /** Completes when the request may change something; errors with {@link RefusedException} when not. */
    default Mono<Void> permit(ServerWebExchange exchange) {
        return refusal(exchange).flatMap(reason -> Mono.error(new RefusedException(reason)));
    }

    /** Nobody. */
    static Control off() {
        return exchange ->
                Mono.just("control over HTTP is off; whoever runs this application sets sluice.web.control=true");
    }

    /** Whoever reaches it under a name of its own, but no page of another site through somebody's browser. */
    static Control open(OwnHosts hosts) {
        return exchange -> {
            if (!hosts.isOne(exchange.getRequest())) {
                return Mono.just("it was reached under a name that is not known to be its own;"
                        + " whoever runs this application adds it to sluice.web.allowed-hosts");
            }
            return SameSite.isOf(exchange.getRequest()) ? Mono.empty() : Mono.just(FOREIGN);
        };
    }

    /** Why a request is refused. The caller must act. */
    final class RefusedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        RefusedException(String reason) {
            super(reason);
        }
    }
}
