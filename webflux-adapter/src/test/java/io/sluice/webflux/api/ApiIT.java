package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.StatusAssertions;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** Every route of the API and every error of it, on a database. Before a client gives up, the test tells where all threads stand. */
@Timeout(25)
class ApiIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private ServedApplication application;
    private Database database;
    private WebTestClient client;

    @BeforeEach
    void aServedApplication() {
        application = ServedApplication.shared();
        database = application.database();
        client = application.client();
    }

    private RunId enqueued(Object... arguments) {
        return application
                .sluice()
                .enqueue(Enqueue.of("fill")
                        .arguments(arguments)
                        .settings(
                                it -> it.withBatchSize(10).withSubBatchSize(10).withBatchAttempts(1)))
                .blockLast(SOON)
                .run()
                .id();
    }

    private static String path(RunId run) {
        return "/sluice/api/runs/" + run.shard() + "/" + run.number();
    }

    private WebTestClient.BodyContentSpec got(String path) {
        return client.get().uri(path).exchange().expectStatus().isOk().expectBody();
    }

    @Test
    void runsComePageByPage() {
        RunId one = enqueued(1);
        RunId two = enqueued(2);

        got("/sluice/api/runs?limit=1")
                .jsonPath("$.runs.length()")
                .isEqualTo(1)
                .jsonPath("$.runs[0].id")
                .isEqualTo(two.toString())
                .jsonPath("$.runs[0].arguments[0]")
                .isEqualTo(2)
                .jsonPath("$.next")
                .isEqualTo(two.toString());
        got("/sluice/api/runs?limit=1&after=" + two).jsonPath("$.runs[0].id").isEqualTo(one.toString());
        got("/sluice/api/runs")
                .jsonPath("$.runs.length()")
                .isEqualTo(2)
                .jsonPath("$.next")
                .doesNotExist();
    }

    @Test
    void runsAreChosenByStatusKindShardAndName() {
        RunId run = enqueued();

        for (String filter : List.of("status=enqueued,paused", "kind=data", "shard=primary", "name=fill")) {
            got("/sluice/api/runs?" + filter).jsonPath("$.runs[0].id").isEqualTo(run.toString());
        }
        for (String filter : List.of("status=paused", "kind=schema", "name=other")) {
            got("/sluice/api/runs?" + filter).jsonPath("$.runs.length()").isEqualTo(0);
        }
    }

    @Test
    void aRunTellsWhichVerbsAreAllowed() {
        got(path(enqueued()))
                .jsonPath("$.status")
                .isEqualTo("ENQUEUED")
                .jsonPath("$.allowed")
                .isEqualTo(List.of("pause", "cancel", "finish"));
    }

    @Test
    void batchesQuarantineAndEventsOfARunComePageByPage() {
        database.execute("insert into items (id) values (13)");
        RunId run = enqueued();
        application.sluice().runOnce().blockLast(SOON);

        got(path(run) + "/batches?limit=2")
                .jsonPath("$.items.length()")
                .isEqualTo(2)
                .jsonPath("$.next")
                .isNumber();
        got(path(run) + "/quarantine")
                .jsonPath("$.items[0].key[0]")
                .isEqualTo("13")
                .jsonPath("$.items[0].failure.sqlState")
                .isEqualTo("22012")
                .jsonPath("$.items[0].failure.stack")
                .doesNotExist();
        got(path(run) + "/events?limit=2")
                .jsonPath("$.items[0].event")
                .isEqualTo("run-enqueued")
                .jsonPath("$.items[1].event")
                .isEqualTo("status-changed")
                .jsonPath("$.items[1].detail.to")
                .isEqualTo("RUNNING")
                .jsonPath("$.next")
                .isNumber();
        got(path(run)).jsonPath("$.status").isEqualTo("FAILED");
    }

    @Test
    void groupsTellWhatStandsWhere() {
        enqueued("a");

        got("/sluice/api/groups")
                .jsonPath("$[0].name")
                .isEqualTo("fill")
                .jsonPath("$[0].status")
                .isEqualTo("ENQUEUED")
                .jsonPath("$[0].members[0].shard")
                .isEqualTo("primary");
        client.get()
                .uri(it -> it.path("/sluice/api/groups/data/fill")
                        .queryParam("arguments", "{a}")
                        .build("[\"a\"]"))
                .exchange()
                .expectBody()
                .jsonPath("$.counts.ENQUEUED")
                .isEqualTo(1);
        got("/sluice/api/groups/data/fill").jsonPath("$.status").isEqualTo("MISSING");
    }

    @Test
    void theGateOpensWhenEverythingHasSucceeded() {
        enqueued();
        gate("fill").isEqualTo(409).expectBody().jsonPath("$.missing[0].name").isEqualTo("fill");

        application.sluice().runOnce().blockLast(SOON);

        gate("fill").isEqualTo(200).expectBody().jsonPath("$.open").isEqualTo(true);
        gate("fill,fill[1,2]")
                .isEqualTo(409)
                .expectBody()
                .jsonPath("$.missing[0].arguments")
                .isEqualTo(List.of(1, 2))
                .jsonPath("$.missing[0].status")
                .isEqualTo("MISSING");
        gate("unheard-of").isEqualTo(404);
    }

    @Test
    void theGateTakesArgumentsAsTheyAre() {
        enqueued("a, b", "c],d");
        application.sluice().runOnce().blockLast(SOON);

        gate("fill[\"a, b\", \"c],d\"]").isEqualTo(200);
        gate("fill[\"a,b\", \"c],d\"]").isEqualTo(409);
    }

    private StatusAssertions gate(String migration) {
        return client.get()
                .uri(it -> it.path("/sluice/api/gate")
                        .queryParam("migration", "{m}")
                        .build(migration))
                .exchange()
                .expectStatus();
    }

    @Test
    void theShardsAndWhetherThereIsControlAreTold() {
        got("/sluice/api/info")
                .jsonPath("$.shards[0]")
                .isEqualTo("primary")
                .jsonPath("$.control")
                .isEqualTo(true);
        got("/sluice/api/shards")
                .jsonPath("$[0].name")
                .isEqualTo("primary")
                .jsonPath("$[0].trouble")
                .doesNotExist();
    }

    @Test
    void verbsMoveARun() {
        RunId run = enqueued();

        posted(path(run) + "/pause").jsonPath("$.status").isEqualTo("PAUSED");
        posted(path(run) + "/resume").jsonPath("$.status").isEqualTo("ENQUEUED");
        posted(path(run) + "/finish").jsonPath("$.status").isEqualTo("SUCCEEDED");
        RunId other = enqueued("other");
        posted(path(other) + "/cancel").jsonPath("$.status").isEqualTo("CANCELLED");
    }

    @Test
    void finishGoesOnWhoeverHangsUp() {
        database.execute("update pace set seconds = 0.7");
        RunId run = application
                .sluice()
                .enqueue(Enqueue.of("slow").settings(it -> it.withBatchSize(10).withSubBatchSize(10)))
                .blockLast(SOON)
                .run()
                .id();

        WebClient.create("http://127.0.0.1:" + application.port())
                .post()
                .uri(path(run) + "/finish")
                .retrieve()
                .toBodilessEntity()
                .timeout(Duration.ofMillis(400), Mono.empty())
                .block(SOON);
        client.post().uri(path(run) + "/finish").exchange().expectStatus().isEqualTo(409);
        database.execute("update pace set seconds = 0");

        assertThat(application.sluice().progress(run).blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void finishIsAnsweredBeforeALongRunEndsAndHandedBackWhenTheInstanceStops() {
        database.execute("update pace set seconds = 0.5");
        RunId run = application
                .sluice()
                .enqueue(Enqueue.of("slow"))
                .blockLast(SOON)
                .run()
                .id();
        Finishing finishing = application.bean(Finishing.class);

        client.post()
                .uri(path(run) + "/finish")
                .exchange()
                .expectStatus()
                .isAccepted()
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("FINISHING");
        finishing.stop();
        finishing.start();

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(
                                database.queryString("select status || coalesce(lease_owner, '') from sluice.run"))
                        .isEqualTo("ENQUEUED"));
        database.execute("update pace set seconds = 0");
    }

    @Test
    void whatFailedIsRetriedOrDismissed() {
        database.execute("insert into items (id) values (13)");
        RunId run = enqueued();
        application.sluice().runOnce().blockLast(SOON);

        posted(path(run) + "/retry").jsonPath("$.status").isEqualTo("ENQUEUED");
        application.sluice().runOnce().blockLast(SOON);
        posted(path(run) + "/dismiss").jsonPath("$.status").isEqualTo("SUCCEEDED");
    }

    private WebTestClient.BodyContentSpec posted(String path) {
        return client.post().uri(path).exchange().expectStatus().isOk().expectBody();
    }

    @Test
    void whatIsEnqueuedTwiceIsMadeOnce() {
        Map<String, Object> order = Map.of(
                "name",
                "fill",
                "arguments",
                List.of("x", 7),
                "delayed",
                true,
                "settings",
                Map.of("batchSize", 500, "subBatchSize", 50));

        client.post()
                .uri("/sluice/api/runs")
                .bodyValue(order)
                .exchange()
                .expectStatus()
                .isCreated()
                .expectBody()
                .jsonPath("$[0].created")
                .isEqualTo(true)
                .jsonPath("$[0].run.status")
                .isEqualTo("DELAYED")
                .jsonPath("$[0].run.arguments")
                .isEqualTo(List.of("x", 7));
        client.post()
                .uri("/sluice/api/runs")
                .bodyValue(order)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$[0].created")
                .isEqualTo(false);
        assertThat(database.queryLong("select sub_batch_size from sluice.data_run"))
                .isEqualTo(50);
        posted("/sluice/api/runs/primary/" + database.queryLong("select id from sluice.run") + "/approve")
                .jsonPath("$.status")
                .isEqualTo("ENQUEUED");
    }

    @Test
    void settingsOfARunAreChanged() {
        RunId run = enqueued();

        client.patch()
                .uri(path(run) + "/settings")
                .bodyValue(Map.of("subBatchPauseMillis", 25, "targetMillis", 0))
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.subBatchPauseMillis")
                .isEqualTo(25)
                .jsonPath("$.batchSize")
                .isEqualTo(10);

        assertThat(database.queryLong("select sub_batch_pause_ms from sluice.data_run"))
                .isEqualTo(25);
        client.patch()
                .uri(path(run) + "/settings")
                .bodyValue(Map.of("batchSize", 0))
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .isEqualTo("batch size must be 1..10000000, was 0");
    }

    @Test
    void settingsThatNothingFollowsForAreNotChanged() {
        RunId run = enqueued();
        application.sluice().runOnce().blockLast(SOON);
        RunId schema = application
                .sluice()
                .schema()
                .enqueue(SchemaMigration.addIndex("items", "n").name("items_n"))
                .blockLast(SOON)
                .run()
                .id();

        settingsRefused(run)
                .jsonPath("$.runStatus")
                .isEqualTo("SUCCEEDED")
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains("nothing follows"));
        settingsRefused(schema)
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains("kind SCHEMA"));
        assertThat(database.queryLong("select batch_size from sluice.data_run")).isEqualTo(10);
    }

    private WebTestClient.BodyContentSpec settingsRefused(RunId run) {
        return client.patch()
                .uri(path(run) + "/settings")
                .bodyValue(Map.of("batchSize", 500))
                .exchange()
                .expectStatus()
                .isEqualTo(409)
                .expectBody();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | /gate?migration=fill&schemas=x     | there is no parameter 'schemas'; there are [migration, schema]",
                "GET  | /runs?state=FAILED                 | there is no parameter 'state'; there are [after, kind, limit, name, shard, status]",
                "GET  | /events?migrations=fill            | there is no parameter 'migrations'",
                "GET  | /runs/primary/1/batches?after=1    | there is no parameter 'after'; there are [before, limit]",
                "GET  | /shards?name=primary               | this route has none",
                "POST | /runs/primary/1/cancel?dry-run=yes | this route has none",
            })
    void aParameterThatThereIsNotIsABadRequest(String method, String path, String why) {
        WebTestClient.ResponseSpec answer = client.method(HttpMethod.valueOf(method))
                .uri("/sluice/api" + path)
                .exchange();

        answer.expectStatus().isBadRequest();
        answer.expectHeader()
                .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains(why));
    }

    @Test
    void aTokenInTheQueryIsForTheFilterThatReadsIt() {
        got("/sluice/api/shards?access_token=x").jsonPath("$[0].name").isEqualTo("primary");
    }

    @Test
    void aVerbThatIsRefusedSaysWhichOnesAreNot() {
        RunId run = enqueued();

        client.post()
                .uri(path(run) + "/resume")
                .exchange()
                .expectStatus()
                .isEqualTo(409)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.allowed")
                .isEqualTo(List.of("pause", "cancel", "finish"))
                .jsonPath("$.status")
                .isEqualTo(409)
                .jsonPath("$.runStatus")
                .isEqualTo("ENQUEUED")
                .jsonPath("$.run")
                .isEqualTo(run.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sluice/api/runs/primary/4711",
                "/sluice/api/runs/nowhere/1",
                "/sluice/api/runs/primary/4711/batches",
                "/sluice/api/runs/primary/4711/quarantine",
                "/sluice/api/runs/primary/4711/events",
                "/sluice/api/runs/primary/4711/progress",
                "/sluice/api/runs?shard=nowhere",
                "/sluice/api/runs?after=nowhere:5",
                "/sluice/api/groups/data/unheard-of",
                "/sluice/api/groups/schema/unheard-of",
                "/sluice/api/groups/data/unheard-of/progress",
                "/sluice/api/events?shard=nowhere",
            })
    void whatIsNotThereIsNotFound(String path) {
        client.get()
                .uri(path)
                .exchange()
                .expectStatus()
                .isNotFound()
                .expectBody()
                .jsonPath("$.detail")
                .isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/sluice/api/runs?name={it}", "/sluice/api/groups/data/fill?arguments=[\"\\u0000\"]"})
    void aCharacterThatNoTextCanHoldIsABadRequest(String path) {
        WebTestClient.ResponseSpec answer = client.get().uri(path, "\0").exchange();
        answer.expectStatus().isBadRequest();
        isProblem(answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sluice/api/runs?limit=0",
                "/sluice/api/runs?limit=many",
                "/sluice/api/runs?status=happy",
                "/sluice/api/runs?kind=odd",
                "/sluice/api/runs?after=nonsense",
                "/sluice/api/runs/primary/one",
                "/sluice/api/groups/odd/fill",
                "/sluice/api/gate",
                "/sluice/api/events?lastEventId=nonsense",
                "/sluice/api/runs/primary/4711/progress?lastEventId=nonsense",
                "/sluice/api/groups/data/fill/progress?lastEventId=nonsense",
            })
    void aValueThatCannotBeMeantIsABadRequest(String path) {
        WebTestClient.ResponseSpec answer = client.get().uri(path).exchange();
        answer.expectStatus().isBadRequest();
        isProblem(answer);
    }

    @ParameterizedTest
    @CsvSource({
        "/sluice/api/runs?status=happy, status: there is no 'happy'; there are [delayed",
        "/sluice/api/runs?kind=odd, kind: there is no 'odd'; there are [data",
        "/sluice/api/groups/odd/fill, kind: there is no 'odd'; there are [data",
    })
    void whoUsesAnotherWordIsToldWhichThereAre(String path, String detail) {
        client.get()
                .uri(path)
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).startsWith(detail));
    }

    /** A run that was to wait for approve must not begin for a typo. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST  | /sluice/api/runs                      | {'name': 'fill', 'delay': true}
            POST  | /sluice/api/runs                      | {'name': 'fill', 'settings': {'batchPause': 5}}
            POST  | /sluice/api/runs                      | {'kind': 'schema', 'name': 'any', 'lockBudget': 5}
            PATCH | /sluice/api/runs/primary/1/settings   | {'batchsize': 5}
            """)
    void aFieldThatThereIsNotIsABadRequest(String method, String path, String body) {
        long before = database.queryLong("select count(*) from sluice.run");

        client.method(HttpMethod.valueOf(method))
                .uri(path)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body.replace('\'', '"'))
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).startsWith("there is no field '"));

        assertThat(database.queryLong("select count(*) from sluice.run")).isEqualTo(before);
    }

    private static void isProblem(WebTestClient.ResponseSpec answer) {
        answer.expectHeader()
                .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.detail")
                .isNotEmpty();
    }

    @Test
    void whatNoControllerIsAskedAboutIsAProblemToo() {
        WebTestClient.ResponseSpec noJson = client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{'name")
                .exchange();
        noJson.expectStatus().isBadRequest();
        isProblem(noJson);
        WebTestClient.ResponseSpec noMethod =
                client.delete().uri("/sluice/api/runs").exchange();
        noMethod.expectStatus().isEqualTo(405).expectHeader().exists("Allow");
        isProblem(noMethod);
        WebTestClient.ResponseSpec noType = client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.TEXT_PLAIN)
                .bodyValue("fill")
                .exchange();
        noType.expectStatus().isEqualTo(415);
        isProblem(noType);
        WebTestClient.ResponseSpec nothing =
                client.get().uri("/sluice/api/nothing").exchange();
        nothing.expectStatus().isNotFound();
        isProblem(nothing);
    }

    @Test
    void theRestOfTheApplicationAnswersItsErrorsItself() {
        client.get()
                .uri("/elsewhere")
                .exchange()
                .expectStatus()
                .isNotFound()
                .expectHeader()
                .contentTypeCompatibleWith(MediaType.APPLICATION_JSON);
    }

    @Test
    void howFarARunIsCanBeAskedOnce() {
        RunId run = enqueued();
        application.sluice().runOnce().blockLast(SOON);

        got(path(run) + "/progress/now")
                .jsonPath("$.status")
                .isEqualTo("SUCCEEDED")
                .jsonPath("$.percent")
                .isEqualTo(100.0);
    }

    @Test
    void aSchemaMigrationThatNobodyHasHeardOfIsNotWaitedForAtTheGate() {
        client.get()
                .uri("/sluice/api/gate?schema=misspelt")
                .exchange()
                .expectStatus()
                .isNotFound();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | name is needed",
                "{\"name\": \"unheard-of\"} | is not declared here",
                "{\"name\": \"fill\", \"arguments\": {}} | arguments must be a JSON array",
                "{\"name\": \"fill\", \"shards\": [\"nowhere\"]} | there is no shard",
                "{\"name\": \"slow\", \"arguments\": [1]} | it takes no arguments",
                "{\"name\": \"fill\", \"maxAttempts\": 0} | attempts must be",
            })
    void anOrderThatCannotBeMeantIsABadRequest(String order, String why) {
        client.post()
                .uri("/sluice/api/runs")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(order)
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .value(detail -> assertThat(String.valueOf(detail)).contains(why));
    }

    @Test
    void aVerbThatThereIsNotIsABadRequest() {
        client.post()
                .uri(path(enqueued()) + "/explode")
                .exchange()
                .expectStatus()
                .isBadRequest()
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it))
                        .startsWith("verb: there is no 'explode'; there are [")
                        .contains("pause"));
    }

    @Test
    void thePageOfAnotherSiteMayChangeNothing() {
        String pause = path(enqueued()) + "/pause";

        client.post()
                .uri(pause)
                .header("Origin", "https://elsewhere.example")
                .exchange()
                .expectStatus()
                .isForbidden();
        client.post()
                .uri(pause)
                .header("Sec-Fetch-Site", "cross-site")
                .exchange()
                .expectStatus()
                .isForbidden();
        client.post()
                .uri(pause)
                .header("Host", "rebound.example:" + application.port())
                .header("Sec-Fetch-Site", "same-origin")
                .exchange()
                .expectStatus()
                .isForbidden();
        client.post()
                .uri(pause)
                .header("Origin", "http://127.0.0.1:" + application.port())
                .exchange()
                .expectStatus()
                .isOk();
    }
}
