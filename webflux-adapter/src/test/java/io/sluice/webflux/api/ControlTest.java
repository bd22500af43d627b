package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.security.test.web.reactive.server.SecurityMockServerConfigurers.csrf;
import static org.springframework.security.test.web.reactive.server.SecurityMockServerConfigurers.mockUser;
import static org.springframework.security.test.web.reactive.server.SecurityMockServerConfigurers.springSecurity;

import io.sluice.run.Verb;
import io.sluice.webflux.Control;
import io.sluice.webflux.ListedRoutes;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;

/** Who may change runs: nobody, until it is switched on; then who the application says. No route is forgotten. */
@ExtendWith(OutputCaptureExtension.class)
class ControlTest {

    private static final Map<String, String> BODIES =
            Map.of("POST /api/runs", "{\"name\": \"fill\"}", "PATCH /api/runs/{shard}/{number}/settings", "{}");

    private final ReactiveWebApplicationContextRunner open = WebSlice.with();

    /** As an application has it that adds Spring Security and says nothing more: there is no bean of a chain. */
    private final ReactiveWebApplicationContextRunner secured = WebSlice.with(
                    ReactiveUserDetailsServiceAutoConfiguration.class, ReactiveWebSecurityAutoConfiguration.class)
            .withPropertyValues("spring.security.user.password=secret");

    /** All routes that are no look, each verb by itself. */
    private static Stream<String> changes() throws IOException {
        return ListedRoutes.all().stream()
                .filter(it -> !it.startsWith("GET "))
                .flatMap(it -> it.contains("{verb}")
                        ? Arrays.stream(Verb.values())
                                .map(verb -> it.replace("{verb}", verb.name().toLowerCase(Locale.ROOT)))
                        : Stream.of(it));
    }

    private static EntityExchangeResult<String> sent(WebTestClient client, String change) {
        String[] route = change.split(" ", 2);
        WebTestClient.RequestBodySpec request = client.method(HttpMethod.valueOf(route[0]))
                .uri("/sluice" + route[1].replace("{shard}", "primary").replace("{number}", "1"));
        String body = BODIES.get(change);
        return (body == null
                        ? request
                        : request.contentType(MediaType.APPLICATION_JSON).bodyValue(body))
                .exchange()
                .expectBody(String.class)
                .returnResult();
    }

    private static void assertAllAnswer(WebTestClient client, int status, String detail) throws IOException {
        assertThat(changes()).hasSizeGreaterThan(2).allSatisfy(change -> {
            EntityExchangeResult<String> answer = sent(client, change);
            assertThat(answer.getStatus().value()).as(change).isEqualTo(status);
            assertThat(answer.getResponseBody()).as(change).contains(detail);
        });
    }

    private static WebTestClient as(String authority, ApplicationContext context) {
        return WebTestClient.bindToApplicationContext(context)
                .apply(springSecurity())
                .build()
                .mutateWith(mockUser("somebody").authorities(authority))
                .mutateWith(csrf());
    }

    @Test
    void untilItIsSwitchedOnNobodyChangesAnything(CapturedOutput log) {
        open.run(context -> assertAllAnswer(WebSlice.client(context), 403, "sluice.web.control=true"));
        assertThat(log).contains("/sluice is open for reading").doesNotContain("/sluice is open:");
        assertThat(refusal(new Permission(false, exchange -> Mono.empty()), "same-origin"))
                .as("whoever else may")
                .contains("sluice.web.control=true");
    }

    /** 503: it may, but the database of this application does not answer. */
    @Test
    void onceItIsSwitchedOnTheLogSaysWhatIsOpen(CapturedOutput log) {
        open.withPropertyValues("sluice.web.control=true", "sluice.web.base-path=/ops")
                .run(context -> {
                    assertThat(sent(WebSlice.client(context), "POST /api/runs")
                                    .getStatus()
                                    .value())
                            .as("there is nothing at the path that is the default")
                            .isEqualTo(404);
                    assertThat(log).contains("/ops is open: whoever reaches it can change runs");
                });
        open.withPropertyValues("sluice.web.control=true")
                .withClassLoader(new FilteredClassLoader("org.springframework.security"))
                .run(context -> assertThat(sent(WebSlice.client(context), "POST /api/runs")
                                .getStatus()
                                .value())
                        .isEqualTo(503));
    }

    @Test
    void withTheDefaultsOfSpringSecurityItTakesTheAuthority(CapturedOutput log) {
        secured.withPropertyValues("sluice.web.control=true", "sluice.web.authority=OPS")
                .run(context -> {
                    assertThat(context).doesNotHaveBean(SecurityWebFilterChain.class);
                    assertAllAnswer(as("SLUICE_CONTROL", context), 403, "takes the authority 'OPS'");
                    assertThat(sent(as("OPS", context), "POST /api/runs")
                                    .getStatus()
                                    .value())
                            .isEqualTo(503);
                });
        assertThat(log).doesNotContain("is open");
    }

    @Test
    void anApplicationMaySayItself() {
        open.withBean(Control.class, () -> exchange -> Mono.just("ask somebody else"))
                .withPropertyValues("sluice.web.control=true")
                .run(context -> assertAllAnswer(WebSlice.client(context), 403, "ask somebody else"));
    }

    @Test
    void whateverAnApplicationSaysNoPageOfAnotherSiteChangesAnything() {
        Permission all = new Permission(true, exchange -> Mono.empty());

        assertThat(refusal(all, "cross-site")).contains("another site");
        assertThat(refusal(all, "same-origin")).isNull();
    }

    private static @Nullable String refusal(Permission permission, String site) {
        return permission
                .refusal(MockServerWebExchange.from(
                        MockServerHttpRequest.post("/sluice/api/runs").header("Sec-Fetch-Site", site)))
                .block();
    }
}
