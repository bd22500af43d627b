package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every subject does the whole backfill, for every kind of key: a benchmark of work that is not done is worth nothing. */
class SideBySideIT {

    private static Database database;
    private static Server server;

    @BeforeAll
    static void create() {
        database = TestDatabase.createDatabase();
        server = new Server(database.host(), database.port(), database.name(), database.user(), database.password());
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @ParameterizedTest
    @CsvSource({"BIGINT, UPDATE, 500, 2", "SPARSE, DELETE, 550, 0", "COMPOSITE, UPDATE, 550, 1"})
    void eachDoesAllOfIt(KeyKind key, Change change, int rows, int indexes) throws Exception {
        Workload workload = new Workload(key, change, rows, 100, indexes);
        List<Subject> subjects = List.of(
                new OneUpdate(server),
                new ServerProcedure(server),
                new JdbcLoop(server),
                SluiceBackfill.of("Sluice SQL", server, SluiceBackfill.Form.SQL, 1),
                SluiceBackfill.withoutFunction("Sluice SQL, no function", server),
                SluiceBackfill.of("Sluice 2 lanes", server, SluiceBackfill.Form.SQL, 2),
                SluiceBackfill.of("Sluice code", server, SluiceBackfill.Form.CODE, 1));
        for (Subject subject : subjects) {
            try (subject) {
                subject.prepare(workload);
                workload.reset(server);
                assertThat(server.number("select count(*) from items where " + change.remaining))
                        .isPositive();

                subject.run(workload);

                workload.verify(server, subject.name());
            }
        }
        assertThat(server.number("select count(*) from pg_roles where rolname like 'sluice\\_bench\\_%'"))
                .as("roles that are left behind")
                .isZero();
        assertThat(server.number("select seen from procedure_job")).isEqualTo(rows);
        assertThat(server.number("select seen from jdbc_job")).isEqualTo(rows);
    }

    @Test
    void roundsOverANetworkGiveRatios() throws Exception {
        Scenario small = new Scenario(
                "small",
                Workload.updates(300, 100),
                Duration.ofMillis(10),
                reached -> List.of(new ServerProcedure(reached), new JdbcLoop(reached)),
                List.of(new Comparison("jdbcVsProcedure", "JDBC loop", "procedure", 0.5)),
                List.of(new Overhead("jdbcAdded", "JDBC loop", "procedure", 1, 1)),
                1);
        Rounds.Times times = new Rounds(
                        server, new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), 10)
                .of(small, Duration.ZERO);

        assertThat(times.seconds("procedure")).hasSize(3);
        // four round trips a batch
        assertThat(times.seconds("JDBC loop"))
                .allSatisfy(seconds -> assertThat(seconds).isGreaterThan(3 * 4 * 0.01));
        assertThat(times.ratio(small.comparisons().get(0)).median()).isLessThan(1);
        List<Limit> added = times.added(small.overheads().get(0));
        assertThat(added.get(0).value().median()).as("µs of the clock").isGreaterThan(4 * 10_000 - 5_000);
        assertThat(added.get(0).isKept()).isFalse();
        assertThat(added.get(1).value().median()).as("µs of the processors").isLessThan(100_000);
    }
}
