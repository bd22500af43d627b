package io.sluice.webflux.api;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Shows nothing below a path to who reaches it under a foreign name: the page of another site, whose name was made to lead here, could
 * read it. It is for applications that say their names; a proxy on this machine brings names that nobody could guess.
 */
final class OwnNamesOnly implements WebFilter {

    private final OwnPaths paths;
    private final OwnHosts hosts;

    OwnNamesOnly(String path, OwnHosts hosts) {
        this.paths = new OwnPaths(path);
        this.hosts = hosts;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return !paths.has(exchange.getRequest()) || hosts.isOne(exchange.getRequest())
                ? chain.filter(exchange)
                : Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN, OwnHosts.FOREIGN));
    }
}
