package io.sluice.webflux.api;

import io.sluice.Enqueue;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.csrf.CookieServerCsrfTokenRepository;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.security.web.server.csrf.ServerCsrfTokenRequestAttributeHandler;
import org.springframework.test.web.reactive.server.StatusAssertions;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/** An application with Spring Security: its rules hold, and to change runs takes an authority. */
class SecurityIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    @SpringBootConfiguration
    @EnableAutoConfiguration
    @Import(ServedApplication.Application.class)
    static class Secured {

        // tag::chain[]
        @Bean
        SecurityWebFilterChain chain(ServerHttpSecurity http) {
            return http.authorizeExchange(it -> it.anyExchange().authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .csrf(it -> it.csrfTokenRepository(CookieServerCsrfTokenRepository.withHttpOnlyFalse())
                            .csrfTokenRequestHandler(new ServerCsrfTokenRequestAttributeHandler()))
                    .build();
        }

        /** As the reference of Spring Security says it: the cookie is written where somebody subscribes to the token. */
        @Bean
        WebFilter csrfCookie() {
            return (exchange, chain) -> {
                Mono<CsrfToken> token = exchange.getAttributeOrDefault(CsrfToken.class.getName(), Mono.empty());
                return token.then(chain.filter(exchange));
            };
        }
        // end::chain[]

        @Bean
        MapReactiveUserDetailsService users() {
            return new MapReactiveUserDetailsService(
                    User.withUsername("reader")
                            .password("{noop}r")
                            .authorities("READS")
                            .build(),
                    User.withUsername("operator")
                            .password("{noop}o")
                            .authorities("SLUICE_CONTROL")
                            .build());
        }
    }

    @Test
    void toChangeRunsTakesTheAuthorityAndTheTokenOfThePageAndToOrderAnythingMore() {
        Database database = TestDatabase.createDatabase();
        ServedApplication.tables(database, 5);
        try (ServedApplication application = ServedApplication.start(
                Secured.class,
                database,
                "spring.main.allow-bean-definition-overriding=false",
                "sluice.web.control=true")) {
            RunId run = application
                    .sluice()
                    .enqueue(Enqueue.of("fill"))
                    .blockLast(SOON)
                    .run()
                    .id();
            String pause = "/sluice/api/runs/primary/" + run.number() + "/pause";

            application
                    .client()
                    .get()
                    .uri("/sluice/api/runs")
                    .exchange()
                    .expectStatus()
                    .isUnauthorized();
            application
                    .client()
                    .get()
                    .uri("/sluice/api/info")
                    .headers(as("reader"))
                    .exchange()
                    .expectBody()
                    .jsonPath("$.control")
                    .isEqualTo(false);
            application
                    .client()
                    .get()
                    .uri("/sluice/api/info")
                    .headers(as("operator"))
                    .exchange()
                    .expectBody()
                    .jsonPath("$.control")
                    .isEqualTo(true);
            posted(application, pause, as("operator")).isForbidden(); // without the token
            posted(application, pause, as("reader").andThen(SecurityIT::token)).isForbidden();
            posted(
                            application,
                            pause,
                            as("operator")
                                    .andThen(SecurityIT::token)
                                    .andThen(it -> it.set("Sec-Fetch-Site", "cross-site")))
                    .isForbidden(); // whatever the application says about CSRF
            posted(application, pause, as("operator").andThen(SecurityIT::token))
                    .isOk();
            ordered(application, "{'kind': 'schema', 'name': 'add_index items_n on items'}")
                    .isCreated();
            ordered(application, "{'kind': 'schema', 'operation': 'vacuum', 'table': 'items'}")
                    .isForbidden();
            ordered(application, "{'name': 'BackfillColumn', 'arguments': ['items', {'n': 1}]}")
                    .isForbidden();
        }
    }

    private static StatusAssertions posted(ServedApplication application, String path, Consumer<HttpHeaders> headers) {
        return application.client().post().uri(path).headers(headers).exchange().expectStatus();
    }

    private static StatusAssertions ordered(ServedApplication application, String order) {
        return application
                .client()
                .post()
                .uri("/sluice/api/runs")
                .headers(as("operator").andThen(SecurityIT::token))
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(order.replace('\'', '"'))
                .exchange()
                .expectStatus();
    }

    private static Consumer<HttpHeaders> as(String user) {
        return headers -> headers.setBasicAuth(user, user.substring(0, 1));
    }

    /** A cookie and a header with the same token: what the page sends. */
    private static void token(HttpHeaders headers) {
        headers.set("Cookie", "XSRF-TOKEN=7e7e7e7e-aaaa-4bbb-8ccc-0123456789ab");
        headers.set("X-XSRF-TOKEN", "7e7e7e7e-aaaa-4bbb-8ccc-0123456789ab");
    }
}
