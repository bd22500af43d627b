package io.sluice.webflux;

import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Decides who may change runs over HTTP. An application that knows its callers by other means than Spring Security has a bean of this
 * type, and it takes the place of ours. It is asked where {@code sluice.web.control=true}, and not about what the page of
 * another site sends through somebody's browser: that is refused before.
 */
@FunctionalInterface
public interface Control {

    /**
     * Why this request may change nothing.
     *
     * @return a sentence for who asks; empty when it may. Where it errors, nothing is changed
     */
    Mono<String> refusal(ServerWebExchange exchange);
}
