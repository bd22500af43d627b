package io.sluice.webflux.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.function.Tuple3;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Streams of server-sent events, as readers see them whose connections do not last. */
class StreamsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ServedApplication application;
    private Database database;

    /** The last event before the test. */
    private long before;

    @BeforeEach
    void aServedApplication() {
        application = ServedApplication.shared();
        database = application.database();
        before = application.sluice().lastEvent("primary").block(SOON);
    }

    /** The id of the event with this number since the test began. */
    private String id(long number) {
        return "primary:" + (before + number);
    }

    private RunId enqueued(String name) {
        return application
                .sluice()
                .enqueue(Enqueue.of(name))
                .blockLast(SOON)
                .run()
                .id();
    }

    private StreamReader reader(String path) {
        return new StreamReader(application, "/sluice/api" + path);
    }

    /** Writes events without a meaning into the journal. */
    private void journal(RunId run, int from, int to) {
        database.execute(
                "select sluice.journal(" + run.number() + ", 'fill', 'BATCH_RETRIED', jsonb_build_object('batch', n))"
                        + " from generate_series(" + from + ", " + to + ") n");
    }

    @Test
    void whoIsCutOffTwentyTimesGetsEachEventOnceAndInOrder() throws InterruptedException {
        RunId run = enqueued("fill");
        Thread writer = new Thread(() -> {
            for (int i = 1; i <= 300; i += 3) {
                journal(run, i, i + 2);
            }
        });
        StreamReader reader = reader("/events").from(id(1));
        Random random = new Random(4711);
        List<Long> numbers = new ArrayList<>();
        int cuts = 0;

        writer.start();
        for (; numbers.size() < 300; cuts++) {
            reader.read(Math.min(1 + random.nextInt(14), 300 - numbers.size())).forEach(it -> numbers.add(number(it)));
        }
        writer.join();

        assertThat(cuts).isGreaterThan(20);
        assertThat(numbers)
                .isEqualTo(
                        LongStream.rangeClosed(before + 2, before + 301).boxed().toList());
    }

    private static long number(ServerSentEvent<String> event) {
        return json(event).path("number").asLong();
    }

    private static JsonNode json(ServerSentEvent<String> event) {
        return JSON.readTree(Objects.requireNonNull(event.data()));
    }

    @Test
    void whoComesWithoutAnIdIsToldWhereItBeginsAndMissesNothingFromThere() {
        RunId run = enqueued("fill");
        StreamReader reader = reader("/events");

        assertThat(reader.read(1).get(0).event()).isEqualTo("position");
        assertThat(reader.lastId()).isEqualTo(id(1));
        journal(run, 1, 2);

        assertThat(reader.read(2)).extracting(ServerSentEvent::id).containsExactly(id(2), id(3));
    }

    @Test
    void theIdMayBeAParameterToo() {
        RunId run = enqueued("fill");
        journal(run, 1, 2);

        assertThat(reader("/events?lastEventId=" + id(2)).read(1))
                .extracting(ServerSentEvent::id)
                .containsExactly(id(3));
    }

    @Test
    void whereTheJournalWasCutThereIsAGap() {
        RunId run = enqueued("fill");
        journal(run, 1, 5);
        database.execute("delete from sluice.event where number < " + (before + 4));

        List<ServerSentEvent<String>> seen = reader("/events").from(id(1)).read(2);

        assertThat(seen).extracting(ServerSentEvent::event).containsExactly("gap", "batch-retried");
        assertThat(seen.get(0).id()).isEqualTo(id(3));
        assertThat(json(seen.get(0)).path("detail").path("from").asLong()).isEqualTo(before + 2);
    }

    @Test
    void eventsAreChosenByNameKindArgumentsAndRunAndIdsTellWhatWasPassedOver() {
        RunId fill = enqueued("fill");
        RunId schema = application
                .sluice()
                .schema()
                .enqueue(SchemaMigration.addIndex("items", "n").name("items_n"))
                .blockLast(SOON)
                .run()
                .id();
        RunId slow = enqueued("slow");
        RunId other = application
                .sluice()
                .enqueue(Enqueue.of("fill").arguments("a, b"))
                .blockLast(SOON)
                .run()
                .id();
        application.sluice().cancel(slow).block(SOON);

        assertThat(runs("/events?name=slow", 2)).containsExactly(id(3) + " " + slow, id(5) + " " + slow);
        assertThat(runs("/events?kind=schema", 1)).containsExactly(id(2) + " " + schema);
        assertThat(runs("/events?kind=data", 2)).containsExactly(id(1) + " " + fill, id(3) + " " + slow);
        assertThat(runs("/events?kind=data&name=fill&arguments=[\"a, b\"]", 1)).containsExactly(id(4) + " " + other);
        assertThat(runs("/events?run=" + other + "," + schema, 2))
                .containsExactly(id(2) + " " + schema, id(4) + " " + other);
    }

    private List<String> runs(String path, int events) {
        return reader(path).from(id(0)).read(events).stream()
                .map(it -> it.id() + " " + json(it).path("run").asString())
                .toList();
    }

    @Test
    void whatAnotherInstanceDoesIsStreamedByOneThatDoesNotWork() {
        RunId run = enqueued("slow");
        database.execute("update pace set seconds = 0.7");
        Sluice other = Sluice.builder()
                .shard("elsewhere", database.connectionFactory())
                .migrations(new ServedApplication.Application().slow())
                .build();
        Flux<ServerSentEvent<String>> progress =
                reader("/runs/primary/" + run.number() + "/progress").connected();
        Mono<List<ServerSentEvent<String>>> events =
                reader("/events?run=" + run).from(id(1)).connected().take(2).collectList();

        Tuple3<List<ServerSentEvent<String>>, List<ServerSentEvent<String>>, List<Run>> all = Mono.zip(
                        progress.collectList(), events, other.runOnce().collectList())
                .block(SOON);
        List<ServerSentEvent<String>> seen = all.getT1();
        assertThat(all.getT2())
                .extracting(it -> json(it).path("detail").path("to").asString())
                .containsExactly("RUNNING", "SUCCEEDED");
        other.close().block(SOON);

        assertThat(seen).last().satisfies(it -> assertThat(it.data()).isEqualTo("{\"status\":\"SUCCEEDED\"}"));
        assertThat(seen).filteredOn(it -> "progress".equals(it.event())).anySatisfy(it -> {
            assertThat(json(it).path("status").asString()).isEqualTo("RUNNING");
            assertThat(json(it).path("rowsSeen").asLong()).isBetween(1L, 39L);
            assertThat(json(it).path("rowsPerSecond").asDouble()).isPositive();
        });
    }

    @Test
    void theProgressOfARunEndsWithALastEvent() {
        RunId run = enqueued("fill");
        StepVerifier.create(reader("/runs/primary/" + run.number() + "/progress")
                        .from(id(1))
                        .connected())
                .assertNext(it -> {
                    assertThat(it.event()).isEqualTo("progress");
                    assertThat(json(it).path("status").asString()).isEqualTo("ENQUEUED");
                })
                .then(() -> application.sluice().runOnce().blockLast(SOON))
                .thenConsumeWhile(it -> !"end".equals(it.event()))
                .assertNext(it -> {
                    assertThat(it.event()).isEqualTo("end");
                    assertThat(it.data()).isEqualTo("{\"status\":\"SUCCEEDED\"}");
                })
                .expectComplete()
                .verify(SOON);

        List<ServerSentEvent<String>> afterwards =
                reader("/runs/primary/" + run.number() + "/progress").readToTheEnd();
        assertThat(afterwards)
                .extracting(ServerSentEvent::event)
                .containsExactlyInAnyOrder("position", "progress", "end")
                .last()
                .isEqualTo("end");
        assertThat(afterwards)
                .filteredOn(it -> "progress".equals(it.event()))
                .singleElement()
                .satisfies(it -> assertThat(json(it).path("percent").asDouble()).isEqualTo(100));
    }

    @Test
    void theProgressOfARunTellsItsEventsOnceAndInOrderToWhoIsCutOffTwentyTimes() {
        RunId run = enqueued("fill");
        RunId other = enqueued("slow");
        journal(run, 1, 50);
        journal(other, 1, 1);
        StreamReader reader =
                reader("/runs/primary/" + run.number() + "/progress").from(id(0));
        Random random = new Random(4711);
        List<ServerSentEvent<String>> seen = new ArrayList<>();
        int cuts = 0;
        for (; numbers(seen).size() < 51; cuts++) {
            // the run stands, so each time its state is told once
            int left = 51 - numbers(seen).size();
            seen.addAll(reader.read(1 + random.nextInt(Math.min(3, left + 1))));
        }
        application.sluice().cancel(run).block(SOON);
        long last = application.sluice().lastEvent("primary").block(SOON);
        seen.addAll(reader.readToTheEnd());

        assertThat(cuts).isGreaterThan(20);
        List<Long> expected = new ArrayList<>(List.of(before + 1));
        LongStream.rangeClosed(before + 3, before + 52).forEach(expected::add);
        expected.add(last);
        assertThat(numbers(seen)).isEqualTo(expected);
        assertThat(seen).extracting(ServerSentEvent::event).contains("progress", "batch-retried", "status-changed");
        assertThat(seen).last().satisfies(it -> assertThat(it.data()).isEqualTo("{\"status\":\"CANCELLED\"}"));
    }

    /** Of the events, which have ids; progress has none. */
    private List<Long> numbers(List<ServerSentEvent<String>> seen) {
        return seen.stream()
                .filter(it -> it.id() != null)
                .map(StreamsIT::number)
                .toList();
    }

    @Test
    void whatHappenedAtTheVeryEndOfARunIsToldBeforeItsLastEvent() {
        RunId run = enqueued("fill");
        application.sluice().runOnce().blockLast(SOON);

        List<ServerSentEvent<String>> seen = reader("/runs/primary/" + run.number() + "/progress?lastEventId=" + id(1))
                .readToTheEnd();

        assertThat(seen)
                .filteredOn(it -> "status-changed".equals(it.event()))
                .extracting(it -> json(it).path("detail").path("to").asString())
                .containsExactly("RUNNING", "SUCCEEDED");
        assertThat(seen).last().satisfies(it -> assertThat(it.event()).isEqualTo("end"));
    }

    @Test
    void aStreamWhoseRunIsRemovedEndsWithoutALastEventAndItsReaderIsToldWhyWhenItComesBack() {
        RunId run = enqueued("fill");
        String path = "/runs/primary/" + run.number() + "/progress";
        StepVerifier.create(reader(path).from(id(1)).connected())
                .expectNextMatches(it -> "progress".equals(it.event()))
                .then(() -> database.execute("delete from sluice.run where id = " + run.number()))
                .thenConsumeWhile(it -> !"end".equals(it.event()))
                .expectComplete()
                .verify(SOON);

        application
                .client()
                .get()
                .uri("/sluice/api" + path)
                .exchange()
                .expectStatus()
                .isNotFound();
    }

    @Test
    void theProgressOfAGroupEndsWithAllOfItsRuns() {
        enqueued("fill");
        application.sluice().runOnce().blockLast(SOON);

        assertThat(reader("/groups/data/fill/progress").readToTheEnd())
                .last()
                .satisfies(it -> assertThat(it.data()).isEqualTo("{\"status\":\"SUCCEEDED\"}"));
    }

    @Test
    void theProgressOfEveryLiveRunIsOneStream() {
        RunId fill = enqueued("fill");
        RunId slow = enqueued("slow");

        assertThat(reader("/progress").read(4))
                .extracting(it -> json(it).path("run").asString())
                .contains(fill.toString(), slow.toString());
    }

    @Test
    void whileThereIsNothingToTellAHeartBeats() throws IOException {
        try (Socket socket = StreamReader.opened(application, "/events", 65_536);
                BufferedReader lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII))) {
            socket.setSoTimeout((int) SOON.toMillis());
            List<String> seen = new ArrayList<>();
            while (seen.stream().filter(":"::equals).count() < 3) {
                seen.add(lines.readLine());
            }
            assertThat(seen)
                    .anyMatch("retry:2000"::equals)
                    .anyMatch(it -> it.equalsIgnoreCase("Cache-Control: no-store"))
                    .anyMatch(it -> it.equalsIgnoreCase("X-Accel-Buffering: no"));
        }
    }

    @Test
    void readersThatNeverReadAreNobodysTroubleButTheirOwn() throws IOException {
        RunId run = enqueued("fill");
        List<Socket> asleep = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            asleep.add(StreamReader.asleep(application, "/events?lastEventId=" + id(0)));
            asleep.add(StreamReader.asleep(application, "/runs/primary/" + run.number() + "/progress"));
        }
        database.execute(
                "select sluice.journal(" + run.number()
                        + ", 'fill', 'THROTTLED', jsonb_build_object('reason', repeat('slow ', 400))) from generate_series(1, 5000)");

        assertThat(reader("/events").from(id(0)).read(5_001)).hasSize(5_001);
        application.sluice().runOnce().blockLast(SOON);
        assertThat(application.sluice().run(run).block(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        for (Socket socket : asleep) {
            socket.close();
        }
    }

    @Test
    void whatASleeperHasNotReadIsInNoBuffer() throws IOException {
        RunId run = enqueued("fill");
        try (Socket asleep = StreamReader.opened(application, "/events?lastEventId=" + id(0), 65_536)) {
            database.execute("select sluice.journal(" + run.number()
                    + ", 'fill', 'THROTTLED', jsonb_build_object('reason', repeat('slow ', 1000)))"
                    + " from generate_series(1, 3000)");
            assertThat(reader("/events").from(id(0)).read(3_001)).hasSize(3_001);
            // as retention does
            database.execute("delete from sluice.event where number < " + (before + 3_001));

            asleep.setSoTimeout((int) SOON.toMillis());
            BufferedReader lines = new BufferedReader(new InputStreamReader(asleep.getInputStream(), US_ASCII));
            String line = lines.readLine();
            while (line != null && !line.equals("event:gap") && !line.equals("id:" + id(3_001))) {
                line = lines.readLine();
            }
            assertThat(line).as("what of 15 MB is not on its way").isEqualTo("event:gap");
        }
    }

    @Test
    void whoIsGoneIsNotLookedFor() throws IOException {
        RunId run = enqueued("fill");
        List<Socket> readers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            readers.add(StreamReader.opened(application, "/runs/primary/" + run.number() + "/progress", 65_536));
            readers.add(StreamReader.opened(application, "/groups/data/fill/progress", 65_536));
            readers.add(StreamReader.opened(application, "/progress", 65_536));
        }
        String looks =
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                        + " and query like '%seen_in_pass%' and query_start > clock_timestamp() - interval ";
        await("it is looked at").atMost(SOON).until(() -> database.queryLong(looks + "'1 second'") > 0);

        for (Socket socket : readers) {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        await("nobody looks any more").atMost(SOON).until(() -> database.queryLong(looks + "'3 seconds'") == 0);
    }
}
