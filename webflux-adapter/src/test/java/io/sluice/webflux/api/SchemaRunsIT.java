package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.test.web.reactive.server.StatusAssertions;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Schema runs over HTTP: ordered by name or by what they are, watched, waited for at the gate. */
class SchemaRunsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String BY_NUMBER = "add_index items_n on items";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ServedApplication application;
    private Database database;
    private WebTestClient client;

    @BeforeEach
    void aServedApplication() {
        application = ServedApplication.shared();
        database = application.database();
        client = application.client();
    }

    private WebTestClient.ResponseSpec ordered(Map<String, Object> order) {
        return client.post().uri("/sluice/api/runs").bodyValue(order).exchange();
    }

    private RunId newest() {
        return new RunId("primary", database.queryLong("select max(id) from sluice.run"));
    }

    @Test
    void aDeclaredOneIsOrderedByItsName() {
        Map<String, Object> order = Map.of("kind", "schema", "name", BY_NUMBER, "maxAttempts", 3);

        ordered(order)
                .expectStatus()
                .isCreated()
                .expectBody()
                .jsonPath("$[0].run.kind")
                .isEqualTo("SCHEMA")
                .jsonPath("$[0].run.name")
                .isEqualTo(BY_NUMBER)
                .jsonPath("$[0].run.maxAttempts")
                .isEqualTo(3);
        ordered(order)
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$[0].created")
                .isEqualTo(false);
        application.sluice().runOnce().blockLast(SOON);

        assertThat(database.queryLong("select count(*) from pg_indexes where indexname = 'items_n'"))
                .isEqualTo(1);
    }

    @Test
    void anyOtherIsOrderedAsPlainSqlGivesIt() {
        ordered(Map.of(
                        "kind",
                        "SCHEMA",
                        "operation",
                        "add_index",
                        "table",
                        "items",
                        "definition",
                        Map.of("name", "items_note", "keys", List.of("n", "id"), "unique", true),
                        "statementTimeoutMillis",
                        60_000,
                        "lockBudgetMillis",
                        5_000,
                        "delayed",
                        true))
                .expectStatus()
                .isCreated()
                .expectBody()
                .jsonPath("$[0].run.status")
                .isEqualTo("DELAYED");

        assertThat(database.queryString("select statement_timeout_ms || ' ' || lock_budget_ms from sluice.schema_run"))
                .isEqualTo("60000 5000");
        application.sluice().approve(newest()).block(SOON);
        application.sluice().runOnce().blockLast(SOON);
        assertThat(database.queryString("select indexdef from pg_indexes where indexname = 'items_note'"))
                .isEqualTo("CREATE UNIQUE INDEX items_note ON public.items USING btree (n, id)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "{\"kind\": \"schema\"} | either name is needed",
                "{\"kind\": \"schema\", \"name\": \"unheard-of\"} | is not declared here",
                "{\"kind\": \"schema\", \"operation\": \"explode\", \"table\": \"items\"} | unknown operation",
                "{\"kind\": \"schema\", \"operation\": \"remove_index\", \"table\": \"items\"} | is needed, a text",
                "{\"kind\": \"schema\", \"operation\": \"vacuum\", \"table\": \"items\", \"definition\": {\"full\": true}} | unknown field",
                "{\"kind\": \"schema\", \"operation\": \"vacuum\", \"table\": \"nothing\"} | nothing",
                "{\"kind\": \"odd\", \"name\": \"fill\"} | kind must be data or schema",
            })
    void anOrderThatCannotBeMeantIsABadRequest(String order, String why) {
        client.post()
                .uri("/sluice/api/runs")
                .header("Content-Type", "application/json")
                .bodyValue(order)
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .value(detail -> assertThat(String.valueOf(detail)).contains(why));
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
    }

    @Test
    void theGroupAndTheGateTellOfIt() {
        group(BY_NUMBER).isOk().expectBody().jsonPath("$.status").isEqualTo("MISSING");
        group("add_index nothing on items").isNotFound();
        gate().isEqualTo(409).expectBody().jsonPath("$.missing[0].status").isEqualTo("MISSING");
        ordered(Map.of("kind", "schema", "name", BY_NUMBER));
        group(BY_NUMBER).isOk().expectBody().jsonPath("$.counts.ENQUEUED").isEqualTo(1);
        gate().isEqualTo(409).expectBody().jsonPath("$.missing[0].kind").isEqualTo("SCHEMA");

        application.sluice().runOnce().blockLast(SOON);

        gate().isEqualTo(200).expectBody().jsonPath("$.open").isEqualTo(true);
    }

    private StatusAssertions group(String name) {
        return client.get()
                .uri("/sluice/api/groups/schema/{name}", name)
                .exchange()
                .expectStatus();
    }

    private StatusAssertions gate() {
        return client.get()
                .uri("/sluice/api/gate?schema={name}", BY_NUMBER)
                .exchange()
                .expectStatus();
    }

    @Test
    void itsProgressTellsWhoIsInTheWayAndEndsWithIt() {
        ordered(Map.of("kind", "schema", "name", BY_NUMBER));
        RunId run = newest();
        Connection blocker = Mono.from(database.connectionFactory().create()).block(SOON);
        made(blocker, "begin", "update items set n = n where id = 101");
        Disposable driven = application.sluice().runOnce().subscribe();
        JsonNode blocked = reader("/runs/primary/" + run.number() + "/progress")
                .connected()
                .map(SchemaRunsIT::json)
                .filter(it -> it.has("waitsFor"))
                .blockFirst(SOON);
        String live =
                reader("/progress").connected().map(ServerSentEvent::event).blockFirst(SOON);
        made(blocker, "commit");
        Mono.from(blocker.close()).block(SOON);
        List<ServerSentEvent<String>> seen =
                reader("/groups/schema/add_index items_n on items/progress").readToTheEnd();
        driven.dispose();

        assertThat(blocked.path("waitsFor").asString()).contains("holds ExclusiveLock");
        assertThat(live).isEqualTo("schema-progress");
        assertThat(seen).last().satisfies(it -> assertThat(it.data()).isEqualTo("{\"status\":\"SUCCEEDED\"}"));
        assertThat(seen)
                .filteredOn(it -> "schema-progress".equals(it.event()))
                .last()
                .satisfies(it -> assertThat(json(it).path("percent").asDouble()).isEqualTo(100));
    }

    private static void made(Connection connection, String... statements) {
        for (String it : statements) {
            Flux.from(connection.createStatement(it).execute())
                    .flatMap(Result::getRowsUpdated)
                    .blockLast(SOON);
        }
    }

    private StreamReader reader(String path) {
        return new StreamReader(application, "/sluice/api" + path);
    }

    private static JsonNode json(ServerSentEvent<String> event) {
        return JSON.readTree(Objects.requireNonNull(event.data()));
    }
}
