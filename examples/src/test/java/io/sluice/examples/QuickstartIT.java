package io.sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What somebody meets who runs the first command of the README. */
class QuickstartIT {

    private static final String ROWS_OF_POINTS = "shop-1  [1-9][0-9,]* of .*rows/s.*customers-add-points";

    /** Small steps, so that there is a middle. */
    private static final String[] SLOWLY = {"--rows=60000", "--sub-batch=50", "--batch=500", "--exit"};

    @TempDir
    private Path scratch;

    private Path data;

    /** Root's server runs as nobody, who must be able to come here. */
    @BeforeEach
    void openTheWay() throws IOException {
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = scratch.resolve("data");
    }

    @Test
    void everyRowIsVerifiedAndTheLastLineSaysSo() {
        try (QuickstartProcess quickstart = QuickstartProcess.start(scratch, "--rows=20001", "--shards=3", "--exit")) {
            assertThat(quickstart.exitCode()).isZero();

            assertSucceeded(quickstart.verdict(), 20_001);
            assertThat(quickstart.verdict().path("rowsPerSecond").asLong()).isPositive();
            assertThat(quickstart.errors()).isEmpty();
            // no terminal: plain lines
            assertThat(quickstart.lines())
                    .noneMatch(line -> line.contains("\r") || line.contains("\u001b"))
                    .anyMatch(line -> line.matches("shop-1  6,667 of 6,667 rows \\(100 %\\).*points: succeeded"))
                    .anyMatch(line -> line.matches("shop-3  6,667 of 6,667 rows \\(100 %\\).*emails: succeeded"));
        }
    }

    @Test
    void thePageIsServedWhereItSaysAsLongAsItIsUp() throws IOException, InterruptedException {
        try (Database shop = TestDatabase.createDatabase();
                QuickstartProcess quickstart =
                        QuickstartProcess.start(scratch, "--rows=1000", "--port=0", "--url=" + shop.url())) {
            String address =
                    quickstart.line(line -> line.startsWith("Live page: ")).substring("Live page: ".length());
            assertThat(got(address)).contains("<title>Sluice</title>");
            quickstart.line(line -> line.startsWith("{") && line.endsWith("}"));

            assertThat(got(address + "api/groups")).contains("customers-add-points", "SUCCEEDED");
            try (QuickstartProcess second = QuickstartProcess.start(
                    scratch,
                    "--rows=1000",
                    "--port=" + URI.create(address).getPort(),
                    "--url=" + shop.url(),
                    "--exit")) {
                assertThat(second.exitCode()).isZero();
                assertThat(second.lines()).anyMatch(line -> line.startsWith("No page, as port "));
            }

            quickstart.interrupt();
            assertThat(quickstart.exitCode()).isEqualTo(128 + 15);
            assertThat(quickstart.errors()).doesNotContain("WARN", "ERROR");
        }
    }

    private static String got(String address) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void killedInTheMiddleItGoesOnWhereItWas() {
        long before;
        try (QuickstartProcess killed = QuickstartProcess.start(scratch, slowlyOnData())) {
            before = rows(killed.line(line -> line.matches(ROWS_OF_POINTS)));
            killed.kill();
            assertThat(killed.lines()).noneMatch(line -> line.startsWith("{"));
        }

        try (QuickstartProcess again =
                QuickstartProcess.start(scratch, "--data=" + data, "--sub-batch=1000", "--batch=10000", "--exit")) {
            assertThat(again.exitCode()).isZero();

            assertSucceeded(again.verdict(), 60_000);
            assertThat(again.lines()).anyMatch(line -> line.startsWith("Going on with"));
            String first = again.line(line -> line.startsWith("shop-1") && line.contains("customers-add-points"));
            assertThat(rows(first)).isGreaterThanOrEqualTo(before);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void interruptedItHandsTheLeasesBackWhileTheDatabaseIsStillThere() {
        try (QuickstartProcess stopped = QuickstartProcess.start(scratch, slowlyOnData())) {
            stopped.line(line -> line.matches(ROWS_OF_POINTS));
            stopped.interrupt();

            assertThat(stopped.exitCode()).isEqualTo(128 + 15);
            assertThat(stopped.verdict().path("status").asString()).isEqualTo("STOPPED");
            assertThat(stopped.errors()).isEmpty();
        }

        try (EmbeddedPostgres server = EmbeddedPostgres.builder().data(data).start()) {
            for (String shop : List.of("shop_1_of_2", "shop_2_of_2")) {
                assertThat(at(server, shop).query("select status, lease_owner from sluice.run order by id"))
                        .hasSize(2)
                        .allSatisfy(run -> assertThat(run).containsExactly("ENQUEUED", null));
            }
        }
        try (QuickstartProcess again =
                QuickstartProcess.start(scratch, "--data=" + data, "--sub-batch=1000", "--batch=10000", "--exit")) {
            assertThat(again.exitCode()).isZero();
            assertSucceeded(again.verdict(), 60_000);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void worksOnGivenDatabasesAndStaysUntilItIsInterrupted() {
        try (Database first = TestDatabase.createDatabase();
                Database second = TestDatabase.createDatabase();
                QuickstartProcess quickstart = QuickstartProcess.start(
                        scratch, "--rows=1001", "--url=" + first.url(), "--url=" + second.url())) {
            quickstart.line(line -> line.startsWith("{") && line.endsWith("}"));

            assertThat(quickstart.isAlive()).isTrue();
            assertSucceeded(quickstart.verdict(), 1001);
            assertThat(first.queryLong("select count(*) from quickstart.customers"))
                    .isEqualTo(501);
            assertThat(second.queryLong("select count(*) from quickstart.customers"))
                    .isEqualTo(500);

            quickstart.interrupt();
            assertThat(quickstart.exitCode()).isEqualTo(128 + 15);
        }
    }

    @Test
    void aRowThatWasPassedTwiceIsFound() {
        try (Database shop = TestDatabase.createDatabase()) {
            String[] options = {"--rows=500", "--url=" + shop.url(), "--exit"};
            try (QuickstartProcess quickstart = QuickstartProcess.start(scratch, options)) {
                assertThat(quickstart.exitCode()).isZero();
            }
            shop.execute("update quickstart.customers set loyalty_points = loyalty_points + 100 where id = 77");

            try (QuickstartProcess again = QuickstartProcess.start(scratch, options)) {
                assertThat(again.exitCode()).isEqualTo(1);
                assertThat(again.verdict().path("verified").asBoolean()).isFalse();
                assertThat(again.lines()).anyMatch(line -> line.contains("1 more than once"));
            }
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void otherRowsThanThereAreOnTheSameDataAreRefused() {
        try (Database shop = TestDatabase.createDatabase()) {
            shop.execute(
                    "create schema quickstart",
                    "create table quickstart.plan as select 50::bigint as rows, 1 as shard, 1 as shards");
            try (QuickstartProcess other =
                    QuickstartProcess.start(scratch, "--rows=51", "--url=" + shop.url(), "--exit")) {
                assertThat(other.exitCode()).isEqualTo(1);
                assertThat(other.errors()).contains("50 rows, not 51");
                assertThat(other.verdict().path("status").asString()).isEqualTo("ERROR");
            }
        }
    }

    private String[] slowlyOnData() {
        String[] options = Arrays.copyOf(SLOWLY, SLOWLY.length + 1);
        options[SLOWLY.length] = "--data=" + data;
        return options;
    }

    private static void assertSucceeded(JsonNode verdict, long rows) {
        assertThat(verdict.propertyNames()).containsExactly("status", "rows", "seconds", "rowsPerSecond", "verified");
        assertThat(verdict.path("status").asString()).isEqualTo("SUCCEEDED");
        assertThat(verdict.path("rows").asLong()).isEqualTo(rows);
        assertThat(verdict.path("verified").asBoolean()).isTrue();
    }

    /** The rows done which a line like {@code shop-1  4,000 of 30,000 rows …} tells. */
    private static long rows(String line) {
        return Long.parseLong(line.replaceFirst("^\\S+ +([0-9,]+) .*$", "$1").replace(",", ""));
    }

    private static Database at(EmbeddedPostgres server, String name) {
        ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(server.url());
        return new Database(
                server.host(),
                server.port(),
                name,
                String.valueOf(options.getValue(ConnectionFactoryOptions.USER)),
                "");
    }
}
