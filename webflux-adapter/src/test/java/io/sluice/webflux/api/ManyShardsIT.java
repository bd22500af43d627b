package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two shards that work, one whose database does not answer, and one without a ledger: none hides anything of another. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManyShardsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Database one = TestDatabase.createDatabase();
    private final Database two = TestDatabase.createDatabase();
    private final Database bare = TestDatabase.createDatabase();
    private ServedApplication application;
    private WebTestClient client;

    @BeforeAll
    void anApplicationOfFourShards() {
        for (Database it : List.of(one, two)) {
            ServedApplication.installed(it, 5);
        }
        application = ServedApplication.start(
                one,
                "sluice.shards.primary.ledger-schema=sluice",
                "sluice.shards.two.url=" + two.url(),
                "sluice.shards.gone.url=r2dbc:postgresql://nobody@127.0.0.1:1/nothing",
                "sluice.shards.bare.url=" + bare.url(),
                "sluice.install-on-start=false",
                "sluice.web.control=true");
        client = application.client();
    }

    @AfterAll
    void close() {
        application.close();
    }

    private static List<RunId> enqueued(ServedApplication application, int argument) {
        return application
                .sluice()
                .enqueue(Enqueue.of("fill").arguments(argument).shards("primary", "two"))
                .map(it -> it.run().id())
                .collectList()
                .block(SOON);
    }

    private WebTestClient.BodyContentSpec got(String path) {
        return client.get()
                .uri("/sluice/api" + path)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody();
    }

    @Test
    void runsAndGroupsOfTheOthersAreToldAndWhatIsMissing() {
        List<RunId> runs = enqueued(application, 1);

        got("/runs?name=fill")
                .jsonPath("$.unreachable")
                .isEqualTo(List.of("bare", "gone"))
                .jsonPath("$.runs[?(@.id == '" + runs.get(0) + "')]")
                .exists()
                .jsonPath("$.runs[?(@.id == '" + runs.get(1) + "')]")
                .exists();
        got("/groups")
                .jsonPath("$[0].members[*].shard")
                .value(it -> assertThat(String.valueOf(it)).contains("primary", "two", "gone", "bare"))
                .jsonPath("$[0].counts.UNREACHABLE")
                .isEqualTo(2);
        got("/shards")
                .jsonPath("$[?(@.name == 'bare')].trouble")
                .value(it -> assertThat(String.valueOf(it)).contains("install()"))
                .jsonPath("$[?(@.name == 'gone')].trouble")
                .value(ManyShardsIT::tellsNoAddress)
                .jsonPath("$[?(@.name == 'two')].trouble")
                .isEmpty();
    }

    @Test
    void theEventsOfTheOthersAreToldWithAnIdThatIsAListAndGoOnThere() {
        long first = application.sluice().lastEvent("primary").block(SOON);
        long second = application.sluice().lastEvent("two").block(SOON);
        StreamReader reader = new StreamReader(application, "/sluice/api/events")
                .from("primary:" + first + ",two:" + second + ",gone:3,bare:0");
        enqueued(application, 2);

        List<ServerSentEvent<String>> seen = reader.read(2);

        assertThat(seen).extracting(ServerSentEvent::event).containsOnly("run-enqueued");
        assertThat(seen)
                .extracting(ManyShardsIT::place)
                .containsExactlyInAnyOrder("primary:" + (first + 1), "two:" + (second + 1));
        assertThat(Arrays.asList(reader.lastId().split(",")))
                .containsExactlyInAnyOrder("primary:" + (first + 1), "two:" + (second + 1), "gone:3", "bare:0");
        enqueued(application, 3);
        assertThat(reader.read(2))
                .as("nothing twice")
                .extracting(ManyShardsIT::place)
                .containsExactlyInAnyOrder("primary:" + (first + 2), "two:" + (second + 2));
        assertThat(EventPositions.parse(reader.lastId()).of("primary")).isEqualTo(first + 2);
    }

    @Test
    void theProgressOfAGroupTellsTheEventsOfAllItsShardsAndGoesOnWhereItsReaderWas() {
        try (ServedApplication healthy = ServedApplication.start(
                one, "sluice.shards.primary.ledger-schema=sluice", "sluice.shards.two.url=" + two.url())) {
            long first = healthy.sluice().lastEvent("primary").block(SOON);
            long second = healthy.sluice().lastEvent("two").block(SOON);
            List<RunId> runs = enqueued(healthy, 7);
            StreamReader reader = new StreamReader(healthy, "/sluice/api/groups/data/fill/progress?arguments=[7]")
                    .from("primary:" + first + ",two:" + second);
            List<ServerSentEvent<String>> seen = new ArrayList<>();
            while (seen.stream().filter(it -> it.id() != null).count() < 2) {
                seen.addAll(reader.read(1));
            }
            runs.forEach(it -> healthy.sluice().cancel(it).block(SOON));
            seen.addAll(reader.readToTheEnd());

            assertThat(seen)
                    .filteredOn(it -> it.id() != null)
                    .extracting(it -> it.event() + " " + place(it))
                    .containsExactlyInAnyOrder(
                            "run-enqueued primary:" + (first + 1),
                            "status-changed primary:" + (first + 2),
                            "run-enqueued two:" + (second + 1),
                            "status-changed two:" + (second + 2));
            assertThat(Arrays.asList(reader.lastId().split(",")))
                    .containsExactlyInAnyOrder("primary:" + (first + 2), "two:" + (second + 2));
            assertThat(seen).last().satisfies(it -> assertThat(it.data()).isEqualTo("{\"status\":\"CANCELLED\"}"));
        }
    }

    @Test
    void theProgressOfAGroupFollowsARunThatIsEnqueuedMeanwhileAndOneThatIsRetried() {
        try (ServedApplication healthy = ServedApplication.start(
                one, "sluice.shards.primary.ledger-schema=sluice", "sluice.shards.two.url=" + two.url())) {
            Sluice sluice = healthy.sluice();
            Enqueue order = Enqueue.of("fill").arguments(8);
            RunId here = sluice.enqueue(order.shards("primary"))
                    .blockLast(SOON)
                    .run()
                    .id();
            StreamReader reader = new StreamReader(healthy, "/sluice/api/groups/data/fill/progress?arguments=[8]")
                    .from("primary:" + sluice.lastEvent("primary").block(SOON) + ",two:"
                            + sluice.lastEvent("two").block(SOON));

            StepVerifier.create(reader.connected().map(ManyShardsIT::stands))
                    .thenConsumeWhile(it -> !it.equals(here + " ENQUEUED"))
                    .expectNext(here + " ENQUEUED")
                    .then(() -> sluice.enqueue(order.shards("two")).blockLast(SOON))
                    .thenConsumeWhile(it -> !it.matches("two:\\d+ ENQUEUED"))
                    .expectNextCount(1)
                    .then(() -> one.execute(
                            "update sluice.run set status = 'FAILED', finished_at = now() where id = " + here.number()))
                    .thenConsumeWhile(it -> !it.equals(here + " FAILED"))
                    .expectNext(here + " FAILED")
                    .then(() -> sluice.retry(here).block(SOON))
                    .thenConsumeWhile(it -> !it.equals(here + " ENQUEUED"))
                    .expectNext(here + " ENQUEUED")
                    .then(() -> sluice.runs()
                            .filter(it -> !it.status().isTerminal())
                            .concatMap(it -> sluice.cancel(it.id()))
                            .blockLast(SOON))
                    .thenConsumeWhile(it -> !it.equals("end CANCELLED"))
                    .expectNext("end CANCELLED")
                    .expectComplete()
                    .verify(SOON);
        }
    }

    /** Which run stands where, by progress; of other events their names. */
    private static String stands(ServerSentEvent<String> event) {
        JsonNode json = JSON.readTree(String.valueOf(event.data()));
        String who = "progress".equals(event.event()) ? json.path("run").asString() : String.valueOf(event.event());
        return who + " " + json.path("status").asString();
    }

    private static String place(ServerSentEvent<String> event) {
        JsonNode json = JSON.readTree(String.valueOf(event.data()));
        return json.path("shard").asString() + ":" + json.path("number").asLong();
    }

    @Test
    void whoIsCutOffInTheMiddleOfEventsGetsEachOfEachShardOnceAndInOrder() throws IOException, InterruptedException {
        long first = application.sluice().lastEvent("primary").block(SOON);
        long second = application.sluice().lastEvent("two").block(SOON);
        StreamReader reader = new StreamReader(application, "/sluice/api/events?shard=primary,two")
                .from("primary:" + first + ",two:" + second);
        Thread writer = new Thread(() -> {
            for (int i = 0; i < 100; i += 2) {
                for (Database it : List.of(one, two)) {
                    it.execute("select sluice.journal(1, 'fill', 'BATCH_RETRIED', jsonb_build_object('batch', n))"
                            + " from generate_series(1, 2) n");
                }
            }
        });
        Random random = new Random(4711);
        List<String> places = new ArrayList<>();
        int cuts = 0;

        writer.start();
        for (; places.size() < 200 && cuts < 2_000; cuts++) {
            reader.cutAfter(300 + random.nextInt(1_500)).forEach(it -> places.add(place(it)));
        }
        writer.join();

        assertThat(cuts).isGreaterThan(20);
        assertThat(places).filteredOn(it -> it.startsWith("primary:")).isEqualTo(places("primary", first));
        assertThat(places).filteredOn(it -> it.startsWith("two:")).isEqualTo(places("two", second));
    }

    private static List<String> places(String shard, long before) {
        return LongStream.rangeClosed(before + 1, before + 100)
                .mapToObj(it -> shard + ":" + it)
                .toList();
    }

    @Test
    void anOrderForAllSaysWhereItFailed() {
        client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"name\": \"fill\", \"arguments\": [4]}")
                .exchange()
                .expectStatus()
                .isEqualTo(502)
                .expectBody()
                .jsonPath("$.detail")
                .value(it ->
                        assertThat(String.valueOf(it)).contains("[bare, gone]").doesNotContain("127.0.0.1"))
                .jsonPath("$.failures.gone")
                .value(ManyShardsIT::tellsNoAddress)
                .jsonPath("$.failures.bare")
                .isNotEmpty();
        client.get()
                .uri("/sluice/api/runs/gone/1")
                .exchange()
                .expectStatus()
                .isEqualTo(503)
                .expectBody()
                .jsonPath("$.detail")
                .value(ManyShardsIT::tellsNoAddress);
    }

    @Test
    void anOrderThatFitsNoShardIsRefusedAsOnOne() {
        client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(
                        "{\"name\": \"fill\", \"arguments\": [5], \"shards\": [\"primary\", \"two\"], \"delayed\": true}")
                .exchange()
                .expectStatus()
                .is2xxSuccessful();
        one.execute("update sluice.run set status = 'CANCELLED', finished_at = now() where arguments = '[5]'");
        two.execute("update sluice.run set status = 'CANCELLED', finished_at = now() where arguments = '[5]'");

        client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"name\": \"fill\", \"arguments\": [5], \"shards\": [\"primary\", \"two\"]}")
                .exchange()
                .expectStatus()
                .isEqualTo(409)
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains("was CANCELLED; remove it"));
    }

    /** Who may read pages need not know where databases are, nor who works on them. */
    private static void tellsNoAddress(Object told) {
        assertThat(String.valueOf(told))
                .contains("the database of shard 'gone' cannot be reached")
                .doesNotContain("127.0.0.1", "nobody");
    }

    @Test
    void aGroupOfWhichAShardHasNoLedgerSaysWhoMustAct() {
        client.get()
                .uri("/sluice/api/groups/data/fill?arguments=[5]")
                .exchange()
                .expectStatus()
                .isEqualTo(503)
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains("'bare'").contains("install()"));
    }
}
