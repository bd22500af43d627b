package io.sluice.webflux.api;

import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Whoever has an authority, where the application has Spring Security. Its own rules for CSRF hold before this is asked; where it has none,
 * still no page of another site may use what a browser sends by itself, such as a session or HTTP Basic.
 */
final class AuthorityControl implements Control {

    private final String authority;

    AuthorityControl(String authority) {
        this.authority = authority;
    }

    @Override
    public Mono<String> refusal(ServerWebExchange exchange) {
        if (!SameSite.isOf(exchange.getRequest())) {
            return Mono.just(FOREIGN);
        }
        return ReactiveSecurityContextHolder.getContext()
                .mapNotNull(SecurityContext::getAuthentication)
                .filter(it -> it.isAuthenticated()
                        && it.getAuthorities().stream()
                                .map(GrantedAuthority::getAuthority)
                                .anyMatch(authority::equals))
                .map(it -> "")
                .defaultIfEmpty("to change runs takes the authority '" + authority + "'")
                .filter(reason -> !reason.isEmpty());
    }
}
