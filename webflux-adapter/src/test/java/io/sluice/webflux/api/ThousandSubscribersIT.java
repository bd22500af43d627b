package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * A thousand readers of the progress of one run, on an application with a heap of 256 MB: each sees its end, and the application lives.
 * How much longer the run takes with them is a question of the benchmarks.
 */
@EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
class ThousandSubscribersIT {

    private static final int READERS = 1_000;
    private static final int ROWS = 500_000;
    private static final int TAIL = 200;
    private static final Duration SOON = Duration.ofMinutes(3);

    private final Database database = TestDatabase.createDatabase();

    @Test
    void eachSeesTheEndOnASmallHeap() throws IOException, InterruptedException {
        ServedApplication.tables(database, ROWS);
        try (ServedProcess application = ServedProcess.start(database.url(), "-Xmx256m")) {
            HttpClient client = client(application.port());
            WebClient control = WebClient.builder()
                    .clientConnector(new ReactorClientHttpConnector(client))
                    .build();
            long run = enqueued(control);
            CountDownLatch began = new CountDownLatch(READERS);
            Mono<List<String>> ends = Flux.range(0, READERS)
                    .flatMap(reader -> lastOf(client, run, began), READERS)
                    .collectList()
                    .cache();
            var reading = ends.subscribe();
            assertThat(began.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

            control.post()
                    .uri("/runs/primary/" + run + "/approve")
                    .retrieve()
                    .toBodilessEntity()
                    .block(SOON);

            assertThat(ends.block(SOON))
                    .hasSize(READERS)
                    .allMatch(it -> it.strip().endsWith("event:end\ndata:{\"status\":\"SUCCEEDED\"}"));
            assertThat(database.queryString("select status from sluice.run where id = " + run))
                    .isEqualTo("SUCCEEDED");
            assertThat(application.isAlive()).isTrue();
            reading.dispose();
        }
    }

    private static HttpClient client(int port) {
        ConnectionProvider connections = ConnectionProvider.builder("readers")
                .maxConnections(READERS + 10)
                .pendingAcquireMaxCount(-1)
                .build();
        return HttpClient.create(connections).baseUrl("http://127.0.0.1:" + port + "/sluice/api");
    }

    /** The number of a run that waits for approval, in small sub-batches so that there is much to tell. */
    private long enqueued(WebClient control) {
        control.post()
                .uri("/runs")
                .bodyValue(Map.of(
                        "name", "fill", "delayed", true, "settings", Map.of("subBatchSize", 200, "targetMillis", 0)))
                .retrieve()
                .toBodilessEntity()
                .block(SOON);
        return database.queryLong("select max(id) from sluice.run");
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
