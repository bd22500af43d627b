package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.benchmarks.sidebyside.Oltp.Latency;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What other clients feel is all of it, and of a backfill that worked. */
class OltpBesideIT {

    private static final int ROWS = 1_000;
    private static final int CLIENTS = 4;
    private static final Duration BEYOND = Duration.ofMillis(300);
    private static final String HANGING =
            "select count(*) from pg_locks where not granted and relation = 'items'::regclass";

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
    void clientsThatHangWhenTheWindowEndsAreWaitedForAndCounted() throws Exception {
        Workload.updates(ROWS, 100).reset(server);
        try (Oltp clients = new Oltp(server, ROWS, 200).start();
                Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            clients.begin();
            statement.execute("lock table items in access exclusive mode");
            await("all clients hang").until(() -> server.number(HANGING) == CLIENTS);

            CompletableFuture<Latency> end = CompletableFuture.supplyAsync(() -> ended(clients));
            assertThatThrownBy(() -> end.get(BEYOND.toMillis(), TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            connection.commit();
            Latency latency = end.join();

            assertThat(latency.transactions()).isGreaterThanOrEqualTo(CLIENTS);
            assertThat(latency.most()).as("ms").isGreaterThan((double) BEYOND.toMillis());
        }
    }

    @Test
    void eachWindowHasItsTransactionsAndTheRatioItsPairs() throws Exception {
        OltpBeside.Windows windows = beside(Duration.ofSeconds(2)).within(Duration.ZERO, true);

        assertThat(windows.beside()).hasSize(5);
        assertThat(windows.beside().values())
                .allSatisfy(all -> assertThat(all)
                        .hasSize(2)
                        .allSatisfy(it -> assertThat(it.transactions()).isPositive()));
        assertThat(windows.ratios())
                .singleElement()
                .satisfies(it -> assertThat(it.key()).isEqualTo("oltpP99PacedVsIdle"))
                .satisfies(it -> assertThat(it.pairs()).isEqualTo(2));
        Report report = new Report(Map.of());
        report.add(windows);
        assertThat(report.summary()).containsKeys("oltpP99PacedVsIdle", "oltpP999AddedByPaced");
    }

    @Test
    void aBackfillThatFailsIsNoResult() {
        database.execute("create table template_bigint_" + ROWS
                + " as select g::bigint as id, 'x' as name, 1 as amount, null::integer as status from generate_series(1, "
                + ROWS + ") g");

        assertThatThrownBy(() -> beside(Duration.ofSeconds(2)).within(Duration.ZERO, false))
                .hasMessageContaining("is not understood by the server");
    }

    private OltpBeside beside(Duration window) {
        return new OltpBeside(
                server, new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), ROWS, window);
    }

    private static Latency ended(Oltp clients) {
        try {
            return clients.end();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
