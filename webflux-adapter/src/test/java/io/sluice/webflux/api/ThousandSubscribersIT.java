package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * A thousand readers of the progress of one run, on an application with a heap of 256 MB: each sees its end, and the run is hardly
 * slower. Runs with and without readers take turns, so that the machine is the same for both; the readers are on it, too.
 */
@EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
class ThousandSubscribersIT {

    private static final Logger LOG = LoggerFactory.getLogger(ThousandSubscribersIT.class);
    private static final int READERS = 1_000;
    private static final int ROWS = 1_500_000;
    private static final int ROUNDS = 5;
    private static final int TAIL = 200;
    private static final Duration SOON = Duration.ofMinutes(3);

    private final Database database = TestDatabase.createDatabase();

    @Test
    void eachSeesTheEndAndTheRunIsHardlySlower() throws IOException, InterruptedException {
        ServedApplication.tables(database, ROWS);
        List<Double> ratios = new ArrayList<>();
        try (ServedProcess application = ServedProcess.start(database.url(), "-Xmx256m")) {
            HttpClient client = client(application.port());
            seconds(client, 0); // for the compiler of the JVM and the caches
            seconds(client, READERS);
            for (int round = 0; round < ROUNDS; round++) {
                // each is first in turn: the table grows with every run
                double first = seconds(client, round % 2 == 0 ? 0 : READERS);
                double second = seconds(client, round % 2 == 0 ? READERS : 0);
                double alone = round % 2 == 0 ? first : second;
                double watched = round % 2 == 0 ? second : first;
                LOG.info("a run of {} rows: {} s alone, {} s with {} readers", ROWS, alone, watched, READERS);
                ratios.add(watched / alone);
            }
            assertThat(application.isAlive()).isTrue();
        }

        double median = ratios.stream().sorted().toList().get(ROUNDS / 2);
        LOG.info("with {} readers a run takes {} times as long; all of {}", READERS, median, ratios);
        assertThat(median).as("times as long, of %s", ratios).isLessThan(1.5);
    }

    private static HttpClient client(int port) {
        ConnectionProvider connections = ConnectionProvider.builder("readers")
                .maxConnections(READERS + 10)
                .pendingAcquireMaxCount(-1)
                .build();
        return HttpClient.create(connections).baseUrl("http://127.0.0.1:" + port + "/sluice/api");
    }

    /** How long a run takes by the clock of the database, while so many read its progress. */
    private double seconds(HttpClient client, int readers) throws InterruptedException {
        WebClient control = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(client))
                .build();
        control.post()
                .uri("/runs")
                .bodyValue(Map.of(
                        "name",
                        "fill",
                        "again",
                        true,
                        "delayed",
                        true,
                        "settings",
                        Map.of("subBatchSize", 200, "targetMillis", 0)))
                .retrieve()
                .toBodilessEntity()
                .block(SOON);
        long run = database.queryLong("select max(id) from sluice.run");
        CountDownLatch began = new CountDownLatch(readers);
        Mono<List<String>> ends = Flux.range(0, readers)
                .flatMap(reader -> lastOf(client, run, began), Math.max(1, readers))
                .collectList()
                .cache();
        var reading = ends.subscribe();
        assertThat(began.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

        control.post()
                .uri("/runs/primary/" + run + "/approve")
                .retrieve()
                .toBodilessEntity()
                .block(SOON);
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() ->
                        "SUCCEEDED".equals(database.queryString("select status from sluice.run where id = " + run)));

        assertThat(ends.block(SOON))
                .hasSize(readers)
                .allMatch(it -> it.strip().endsWith("event:end\ndata:{\"status\":\"SUCCEEDED\"}"));
        reading.dispose();
        return database.queryLong("select (extract(epoch from finished_at - started_at) * 1000)::bigint from sluice.run"
                        + " where id = " + run)
                / 1e3;
    }

    /**
     * The last event that a reader gets, whatever it saw before. Readers are no subject here, and on the same machine: they do no
     * more than look for the end in what comes.
     */
    private static Mono<String> lastOf(HttpClient client, long run, CountDownLatch began) {
        return client.get()
                .uri("/runs/primary/" + run + "/progress")
                .responseContent()
                .asString()
                .scan("", ThousandSubscribersIT::tail)
                .skipUntil(it -> it.contains("data:"))
                .switchOnFirst((first, all) -> {
                    began.countDown();
                    return all;
                })
                .last();
    }

    /** What was told last, as far as it is needed to know the end. */
    private static String tail(String before, String more) {
        String all = before + more;
        return all.substring(Math.max(0, all.length() - TAIL));
    }
}
