package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.http.codec.ServerSentEvent;
import reactor.test.StepVerifier;

/** The life of an application with workers: what it installs, what it tells, and what it leaves behind. */
class RunningApplicationIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();

    @Test
    void itInstallsWorksTellsAndHandsBackWhatItHolds() throws IOException {
        ServedApplication.tables(database, 5_000);
        database.execute("update pace set seconds = 0.02");
        ServedApplication application = ServedApplication.start(
                database,
                "sluice.worker.enabled=true",
                "sluice.instance=this-one",
                // where the bytes of a reader are stuck on the way, this is what bounds the stop
                "spring.lifecycle.timeout-per-shutdown-phase=5s",
                "management.endpoints.web.exposure.include=health,sluice,metrics",
                "management.endpoint.health.show-details=always");
        RunId run = application
                .sluice()
                .enqueue(Enqueue.of("slow"))
                .blockLast(SOON)
                .run()
                .id();
        application.sluice().progress(run).takeUntil(it -> it.rowsSeen() > 0).blockLast(SOON);

        assertHealthEndpointAndMetricsTell(application, run);
        database.execute(
                "select sluice.journal(" + run.number()
                        + ", 'slow', 'THROTTLED', jsonb_build_object('reason', repeat('slow ', 2000))) from generate_series(1, 5000)");
        Socket asleep = StreamReader.asleep(application, "/events?lastEventId=primary:0");
        await().atMost(SOON).until(() -> asleep.getInputStream().available() > 1_000);
        long[] stopping = new long[1];
        StepVerifier.create(new StreamReader(application, "/sluice/api/events")
                        .connected()
                        .map(ServerSentEvent::event))
                .expectNext("position")
                .then(() -> {
                    long begun = System.nanoTime();
                    application.close();
                    stopping[0] = System.nanoTime() - begun;
                })
                .thenConsumeWhile(it -> true)
                .expectComplete()
                .verify(SOON);

        asleep.close();

        assertThat(Duration.ofNanos(stopping[0]))
                .as("nobody waits for a reader that never reads")
                .isLessThan(Duration.ofSeconds(15));
        assertThat(database.queryString("select status from sluice.run")).isEqualTo("ENQUEUED");
        assertThat(database.queryLong("select count(*) from sluice.run where lease_owner is null"))
                .isEqualTo(1);
    }

    private static void assertHealthEndpointAndMetricsTell(ServedApplication application, RunId run) {
        application
                .client()
                .get()
                .uri("/actuator/health")
                .exchange()
                .expectBody()
                .jsonPath("$.components.sluice.status")
                .isEqualTo("UP")
                .jsonPath("$.components.sluice.details.primary.failedRuns")
                .isEqualTo(0);
        application
                .client()
                .get()
                .uri("/actuator/sluice")
                .exchange()
                .expectBody()
                .jsonPath("$.shards[0].name")
                .isEqualTo("primary")
                .jsonPath("$.runs[0].run")
                .isEqualTo(run.toString());
        application
                .client()
                .get()
                .uri("/actuator/metrics/sluice.seen.rows")
                .exchange()
                .expectStatus()
                .isOk();
        application
                .client()
                .post()
                .uri("/sluice/api/runs/primary/" + run.number() + "/pause")
                .exchange()
                .expectStatus()
                .isForbidden()
                .expectBody()
                .jsonPath("$.detail")
                .value(it -> assertThat(String.valueOf(it)).contains("sluice.web.control=true"));
    }
}
