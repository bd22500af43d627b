package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.benchmarks.sidebyside.WatchedApplication.Watched;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All of the readers see the end of a run that does all of its work; where one does not, there is no result. */
class ReadersBesideIT {

    private static final int ROWS = 1_000;
    private static final int READERS = 5;

    private Database database;
    private Server server;

    @BeforeEach
    void create() {
        database = TestDatabase.createDatabase();
        server = new Server(database.host(), database.port(), database.name(), database.user(), database.password());
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void everyReaderSeesTheEndOfEveryRun() throws Exception {
        ReadersBeside.Runs runs = new ReadersBeside(
                        server,
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                        ROWS,
                        READERS)
                .within(Duration.ZERO);

        assertThat(runs.watched()).hasSize(2).extracting(Watched::ends).containsOnly(READERS);
        assertThat(runs.alone()).hasSize(2).extracting(Watched::ends).containsOnly(0);
        assertThat(runs.watched())
                .extracting(Watched::seconds)
                .allSatisfy(it -> assertThat(it).isPositive());
        assertThat(server.number("select count(*) from items where status is not null"))
                .as("rows that the last run changed")
                .isEqualTo(ROWS);
        assertThat(server.number("select count(*) from sluice.run where status = 'SUCCEEDED'"))
                .as("two for the warm-up, two each round")
                .isEqualTo(6);

        Report report = new Report(Map.of());
        report.add(runs);
        JsonNode line = JsonMapper.builder().build().readTree(report.line());
        assertThat(line.propertyNames()).containsExactly("readers5VsNone", "spread");
        assertThat(line.get("spread").get("readers5VsNone").isNumber()).isTrue();
        assertThat(report.isKnown()).isEqualTo(line.get("readers5VsNone").isNumber());
    }

    @Test
    void anEndThatIsNoSuccessIsNoResult() throws Exception {
        Workload workload = Workload.updates(ROWS, 200);
        workload.reset(server);
        try (WatchedApplication application = WatchedApplication.start(server, workload)) {
            RunId run = application.enqueued();
            try (ReadersProcess reading = application.readers(run, READERS)) {
                reading.awaitBegin();
                application.cancel(run);

                assertThatThrownBy(reading::awaitEnd).hasMessageContaining("said nothing");
            }
        }
    }
}
