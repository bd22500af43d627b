package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import io.sluice.testkit.StopMode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise 1, when the server itself crashes and recovers. It is a server of this test's own. */
class ServerRestartsIT {

    private static final int ROWS = 20_000;

    @BeforeEach
    void requireAServerThatIsOursToRestart() {
        assumeThat(System.getenv("SLUICE_TEST_DATABASE_URL")).isNull();
    }

    @Test
    void everyRowIsMigratedOnceThoughTheServerCrashesTwice() {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            Database database = new Database(server.host(), server.port(), "postgres", "postgres", "");
            Sluice sluice = WorkerProcess.sluice(
                    Shard.of("primary", database.connectionFactory()), "worker", Duration.ofSeconds(2));
            Story story = new Story(database);
            Map<PlusOne, Watched> runs = new EnumMap<>(PlusOne.class);
            for (PlusOne form : PlusOne.values()) {
                runs.put(form, story.enqueued(sluice, form, ROWS, 10));
            }
            PlusOne.pace(database, Duration.ofMillis(2));
            sluice.start().block(SOON);

            for (int crash = 1; crash <= 2; crash++) {
                runs.values().forEach(run -> run.awaitProgress(SOON));
                server.restart(StopMode.IMMEDIATE);
            }
            runs.forEach((form, run) -> assertThat(run.cursor()).isLessThan(3L * ROWS));
            runs.values().forEach(run -> story.hurry(sluice, run));
            runs.values().forEach(run -> run.awaitStatus(RunStatus.SUCCEEDED, Duration.ofMinutes(1)));

            runs.keySet().forEach(form -> form.assertEveryRowOnce(database));
            sluice.close().block(SOON);
        }
    }
}
