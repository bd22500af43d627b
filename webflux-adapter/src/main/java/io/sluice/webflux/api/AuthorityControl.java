package io.sluice.webflux.api;

import io.sluice.webflux.Control;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Whoever has an authority, where the application has Spring Security. Its own rules, as for CSRF, hold before this is asked. */
final class AuthorityControl implements Control {

    private final String authority;

    AuthorityControl(String authority) {
        this.authority = authority;
    }

    @Override
    public Mono<String> refusal(ServerWebExchange exchange) {
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
