package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.webflux.ListedRoutes;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Where the application has springdoc, the routes are in its OpenAPI document. */
class OpenApiIT {

    private JsonNode document;

    @BeforeEach
    void theDocument() {
        byte[] body = ServedApplication.shared()
                .client()
                .mutate()
                .codecs(it -> it.defaultCodecs().maxInMemorySize(1_000_000))
                .build()
                .get()
                .uri("/v3/api-docs")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseBody();
        document = JsonMapper.builder().build().readTree(Objects.requireNonNull(body));
    }

    @Test
    void everyRouteOfTheReferenceIsInTheDocumentAndNoOther() throws IOException {
        TreeSet<String> told = new TreeSet<>();
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            path.getValue()
                    .propertyStream()
                    .forEach(it -> told.add(it.getKey().toUpperCase(Locale.ROOT) + " "
                            + path.getKey().substring("/sluice".length())));
        }

        assertThat(told).isEqualTo(ListedRoutes.all());
    }

    @Test
    void whatIsOrderedIsOfOneOfTwoKinds() {
        JsonNode order = document.path("components").path("schemas");
        String body = document.path("paths")
                .path("/sluice/api/runs")
                .path("post")
                .path("requestBody")
                .toString();

        assertThat(body).contains("schemas/DataOrder", "schemas/SchemaOrder");
        assertThat(order.path("DataOrder").toString()).contains("arguments", "maxAttempts");
        assertThat(order.path("SchemaOrder").toString()).contains("operation", "definition");
    }
}
