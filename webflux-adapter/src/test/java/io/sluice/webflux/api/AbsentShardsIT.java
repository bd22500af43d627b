package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.sluice.Enqueue;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.http.ResponseEntity;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A shard that swallows packets, and one that breaks off in the middle of a look: who asks is told of both, and of the others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AbsentShardsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Database one = TestDatabase.createDatabase();
    private final Database two = TestDatabase.createDatabase();
    private ServerSocket deaf;
    private ServedApplication application;

    @BeforeAll
    void anApplicationOfThreeShards() throws IOException {
        deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        for (Database it : List.of(one, two)) {
            ServedApplication.installed(it, 5);
        }
        application = ServedApplication.start(
                one,
                "sluice.shards.primary.ledger-schema=sluice",
                "sluice.shards.two.url=" + two.url(),
                "sluice.shards.deaf.url=r2dbc:postgresql://nobody@127.0.0.1:" + deaf.getLocalPort() + "/nothing",
                "sluice.install-on-start=false");
        application
                .sluice()
                .enqueue(Enqueue.of("fill").shards("primary", "two"))
                .blockLast(SOON);
    }

    @AfterAll
    void close() throws IOException {
        application.close();
        deaf.close();
    }

    private CompletableFuture<ResponseEntity<String>> asked(String path) {
        return WebClient.create("http://127.0.0.1:" + application.port())
                .get()
                .uri("/sluice/api" + path)
                .exchangeToMono(it -> it.toEntity(String.class))
                .toFuture();
    }

    private static JsonNode json(CompletableFuture<ResponseEntity<String>> answer) {
        return JSON.readTree(String.valueOf(answer.join().getBody()));
    }

    @Test
    void whatADeafShardHasIsNotWaitedForLongAndTheOthersAreTold() {
        long begun = System.nanoTime();
        CompletableFuture<ResponseEntity<String>> groups = asked("/groups");
        CompletableFuture<ResponseEntity<String>> shards = asked("/shards");
        CompletableFuture<ResponseEntity<String>> runs = asked("/runs");

        assertThat(json(groups).path(0).path("members").values())
                .extracting(it ->
                        it.path("shard").asString() + " " + it.path("status").asString())
                .containsExactlyInAnyOrder("primary ENQUEUED", "two ENQUEUED", "deaf UNREACHABLE");
        assertThat(json(shards).values())
                .extracting(it -> it.path("name").asString() + " " + it.has("trouble"))
                .containsExactlyInAnyOrder("primary false", "two false", "deaf true");
        assertThat(json(runs).path("unreachable").values())
                .extracting(JsonNode::asString)
                .containsExactly("deaf");
        assertThat(json(runs).path("runs").size()).isEqualTo(2);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .as("a page is not dead meanwhile")
                .isLessThan(Duration.ofSeconds(8));
    }

    @Test
    void aDatabaseThatBreaksOffInTheMiddleOfALookHidesNothingOfTheOthers() {
        Connection blocker = Mono.from(two.connectionFactory().create()).block(SOON);
        made(blocker, "begin", "lock table sluice.run in access exclusive mode");
        try {
            assertThat(json(brokenOff("/groups"))
                            .path(0)
                            .path("counts")
                            .path("UNREACHABLE")
                            .asInt())
                    .isEqualTo(2);
            assertThat(json(brokenOff("/runs")).path("unreachable").values())
                    .extracting(JsonNode::asString)
                    .containsExactly("deaf", "two");
            assertThat(json(brokenOff("/shards")).values())
                    .filteredOn(it -> it.path("name").asString().equals("two"))
                    .singleElement()
                    .satisfies(it -> assertThat(it.path("trouble").asString()).contains("[57P01]"));
            CompletableFuture<ResponseEntity<String>> run = brokenOff("/runs/two/1");
            assertThat(run.join().getStatusCode().value()).isEqualTo(503);
            assertThat(json(run).path("detail").asString())
                    .contains("broke off")
                    .contains("[57P01]");
        } finally {
            Mono.from(blocker.close()).block(SOON);
        }
    }

    /** The answer to a request whose looks at the shard {@code two} are ended by the server. */
    private CompletableFuture<ResponseEntity<String>> brokenOff(String path) {
        CompletableFuture<ResponseEntity<String>> answer = asked(path);
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> two.queryLong("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                                        + " where datname = current_database() and wait_event_type = 'Lock'")
                                > 0
                        || answer.isDone());
        return answer;
    }

    private static void made(Connection connection, String... statements) {
        for (String it : statements) {
            Flux.from(connection.createStatement(it).execute())
                    .flatMap(Result::getRowsUpdated)
                    .blockLast(SOON);
        }
    }
}
