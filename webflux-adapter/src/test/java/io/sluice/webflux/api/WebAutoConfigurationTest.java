package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.server.RouterFunction;

/** What is served, where, and under which names. */
class WebAutoConfigurationTest {

    private static EntityExchangeResult<String> got(WebTestClient client, String path, String host) {
        return client.get()
                .uri(URI.create(path))
                .header("Host", host)
                .exchange()
                .expectBody(String.class)
                .returnResult();
    }

    private static HttpStatus status(WebTestClient client, String path) {
        return HttpStatus.valueOf(got(client, path, "shop.example").getStatus().value());
    }

    @Test
    void underAnotherPathAllOfItIsServedThereAndNothingElsewhere() {
        WebSlice.with()
                .withPropertyValues("sluice.web.base-path=/ops/migrations")
                .run(context -> {
                    WebTestClient client = WebSlice.client(context);

                    EntityExchangeResult<String> bare = got(client, "/ops/migrations", "shop.example");
                    assertThat(bare.getStatus().value()).isEqualTo(307);
                    assertThat(bare.getResponseHeaders().getLocation()).hasToString("migrations/");
                    assertThat(got(client, "/ops/migrations/", "shop.example").getResponseBody())
                            .contains("<title>Sluice</title>");
                    assertThat(status(client, "/ops/migrations/page.js")).isEqualTo(HttpStatus.OK);
                    assertThat(got(client, "/ops/migrations/api/info", "shop.example")
                                    .getResponseBody())
                            .contains("primary");
                    EntityExchangeResult<String> wrong = got(client, "/ops/migrations/api/nothing", "shop.example");
                    assertThat(wrong.getStatus().value()).isEqualTo(404);
                    assertThat(wrong.getResponseHeaders().getContentType())
                            .isEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
                    for (String elsewhere :
                            new String[] {"/sluice", "/sluice/", "/sluice/api/info", "/ops/migrations-not"}) {
                        assertThat(status(client, elsewhere)).as(elsewhere).isEqualTo(HttpStatus.NOT_FOUND);
                    }
                    assertThat(got(client, "/sluice/api/nothing", "shop.example")
                                    .getResponseHeaders()
                                    .getContentType())
                            .as("how the rest of the application answers is its own affair")
                            .isNotEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
                });
    }

    @Test
    void nothingIsServedOrOnlyTheApiWhereThatIsSaid() {
        WebSlice.with().withPropertyValues("sluice.web.enabled=false").run(context -> {
            assertThat(status(WebSlice.client(context), "/sluice/")).isEqualTo(HttpStatus.NOT_FOUND);
            assertThat(status(WebSlice.client(context), "/sluice/api/info")).isEqualTo(HttpStatus.NOT_FOUND);
        });
        WebSlice.with().withPropertyValues("sluice.web.page=false").run(context -> {
            assertThat(context).doesNotHaveBean(RouterFunction.class);
            assertThat(status(WebSlice.client(context), "/sluice/api/info")).isEqualTo(HttpStatus.OK);
        });
    }

    /** The page of another site whose name was made to lead here is the same site to a browser: only the name tells. */
    @Test
    void whereItsNamesAreSaidItShowsNothingUnderAnother() {
        WebSlice.with()
                .withPropertyValues("sluice.web.allowed-hosts=shop.example")
                .run(context -> {
                    WebTestClient client = WebSlice.client(context);

                    for (String path : new String[] {
                        "/sluice/",
                        "/sluice/api/info",
                        "/sluice/api/events",
                        // as the routes read them
                        "/%73luice/api/info",
                        "/sluice;any=thing/api/info"
                    }) {
                        assertThat(got(client, path, "evil.example").getStatus().value())
                                .as(path)
                                .isEqualTo(403);
                    }
                    assertThat(got(client, "/sluice/api/info", "evil.example").getResponseBody())
                            .contains("sluice.web.allowed-hosts");
                    assertThat(got(client, "/elsewhere", "evil.example")
                                    .getStatus()
                                    .value())
                            .as("the rest of the application is its own affair")
                            .isEqualTo(404);
                    for (String own : new String[] {"shop.example", "localhost:8080", "127.0.0.1:8080"}) {
                        assertThat(got(client, "/sluice/api/info", own)
                                        .getStatus()
                                        .value())
                                .as(own)
                                .isEqualTo(200);
                    }
                });
    }
}
