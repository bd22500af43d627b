package io.sluice.webflux.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.RunId;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.webflux.api.ServedApplication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The page as a person sees it, in a real browser: a run goes to its end, is paused and resumed by clicks, the server restarts. */
class PageIT {

    private static final Logger LOG = LoggerFactory.getLogger(PageIT.class);
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String[] WITH_WORKERS = {"sluice.worker.enabled=true", "sluice.web.control=true"};

    private final Database database = TestDatabase.createDatabase();

    @Test
    void aRunIsWatchedAndSteeredToItsEndAndTheServerMayRestartMeanwhile() throws IOException, InterruptedException {
        Path program = chromium();
        ServedApplication.tables(database, 600);
        database.execute("update pace set seconds = 0.1");
        ServedApplication application = ServedApplication.start(database, WITH_WORKERS);
        int port = application.port();

        try (Browser browser = new Browser(program)) {
            browser.emulate("light", 1100, 800);
            browser.open("http://127.0.0.1:" + port + "/sluice");
            shows(browser, "#connection", "live");
            shows(browser, "#groups", "No run yet");
            enqueue(application.sluice(), "slow");

            shows(browser, ".member .status", "RUNNING");
            shows(browser, ".member .facts", " left");
            browser.screenshot(Path.of("target/page/light.png"));
            browser.click("button[aria-label^=pause]");
            shows(browser, ".member .status", "PAUSED");
            browser.emulate("dark", 390, 800);
            assertThat(browser.eval("document.documentElement.scrollWidth <= innerWidth"))
                    .as("on a phone nothing is wider than the screen")
                    .isEqualTo("true");
            browser.screenshot(Path.of("target/page/phone.png"));
            browser.click("button[aria-label^=cancel]");
            shows(browser, "#question", "for good?");
            browser.click("#confirm button[value=no]");
            browser.click("button[aria-label^=resume]");
            database.execute("update pace set seconds = 0");
            shows(browser, ".member .status", "SUCCEEDED");
            shows(browser, ".member .facts", "100 %");
            assertThat(browser.errors()).isEmpty();

            application.close();
            shows(browser, "#connection", "reconnecting");
            application = ServedApplication.start(database, WITH_WORKERS[0], WITH_WORKERS[1], "server.port=" + port);
            enqueue(application.sluice(), "fill");
            shows(browser, "#connection", "live");
            shows(browser, "#groups h3", "fill|slow");
            shows(browser, "#log", "fill · primary:2 · RUNNING → SUCCEEDED");
            assertThat(browser.errors()).allMatch(it -> it.contains("net::ERR_"), "is of the time without a server");
        } finally {
            application.close();
        }
    }

    @Test
    void whatIsInTheWayOfABuildAndWhatIsInQuarantineIsShown() throws IOException, InterruptedException {
        Path program = chromium();
        ServedApplication.tables(database, 20_000);
        database.execute("insert into items (id) values (13)");
        Connection blocker = Mono.from(database.connectionFactory().create()).block(SOON);
        try (ServedApplication application = ServedApplication.start(database, WITH_WORKERS);
                Browser browser = new Browser(program)) {
            browser.emulate("light", 1100, 1240);
            browser.open("http://127.0.0.1:" + application.port() + "/sluice/");
            enqueue(application.sluice(), "fill");
            shows(browser, "#groups .status", "FAILED");
            database.execute("update pace set seconds = 0.02");
            enqueue(application.sluice(), "slow");
            made(blocker, "begin", "update items set n = n where id = 20100");
            application
                    .sluice()
                    .schema()
                    .enqueue(SchemaMigration.addIndex("items", "n").name("items_n"))
                    .blockLast(SOON);

            shows(browser, ".member .facts", "waiting for writers before build");
            shows(browser, ".reason", "waits for pid");
            browser.click("summary");
            shows(browser, "details ol", "13 · ");
            shows(browser, ".member .facts", " left");
            browser.screenshot(Path.of("target/page/build-light.png"));
            browser.emulate("dark", 1100, 1240);
            browser.screenshot(Path.of("target/page/build-dark.png"));
            browser.emulate("dark", 390, 1800);
            assertThat(browser.eval("document.documentElement.scrollWidth <= innerWidth"))
                    .as("on a phone nothing is wider than the screen")
                    .isEqualTo("true");
            browser.screenshot(Path.of("target/page/build-phone.png"));

            made(blocker, "commit");
            shows(browser, "#log", "add_index items_n on items · primary:3 · RUNNING → SUCCEEDED");
            assertThat(browser.text("details ol")).as("what was open stays so").contains("13 · ");
            assertThat(browser.errors()).isEmpty();
        } finally {
            Mono.from(blocker.close()).block(SOON);
        }
    }

    @Test
    void whatHappenedWhileThePageWasAwayIsCaughtUpWithAndAClickThatFailsIsTold()
            throws IOException, InterruptedException {
        Path program = chromium();
        ServedApplication.tables(database, 600);
        database.execute("update pace set seconds = 0.1");
        ServedApplication application = ServedApplication.start(database, WITH_WORKERS);
        int port = application.port();
        try (Browser browser = new Browser(program)) {
            browser.open("http://127.0.0.1:" + port + "/sluice/");
            shows(browser, "#connection", "live");
            enqueue(application.sluice(), "slow");
            shows(browser, ".member .facts", "rows/s");
            application.close();
            shows(browser, "#connection", "reconnecting");
            database.execute("update pace set seconds = 0");
            try (ServedApplication other = ServedApplication.start(database, WITH_WORKERS)) {
                enqueue(other.sluice(), "fill");
                await().atMost(SOON)
                        .until(() ->
                                database.queryLong("select count(*) from sluice.run where status = 'SUCCEEDED'") == 2);
            }
            database.execute("update sluice.run set updated_at = updated_at - interval '1 minute'");

            application = ServedApplication.start(
                    database, "sluice.worker.enabled=false", WITH_WORKERS[1], "server.port=" + port);
            shows(browser, "#connection", "live");
            shows(browser, ".member .status", "SUCCEEDED|SUCCEEDED");
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(browser.text(".member .facts").split("100 %", -1))
                                    .hasSize(3));
            long before = groupsAskedFor(browser);
            await().during(Duration.ofSeconds(2))
                    .atMost(SOON)
                    .until(() -> browser.text(".member .facts").contains("100 %"));
            assertThat(groupsAskedFor(browser) - before)
                    .as("nothing happens, so next to nothing is asked for")
                    .isLessThanOrEqualTo(3);

            RunId waits = application
                    .sluice()
                    .enqueue(Enqueue.of("slow").again())
                    .blockLast(SOON)
                    .run()
                    .id();
            shows(browser, ".member .status", "ENQUEUED");
            browser.eval(
                    "fetch = () => Promise.resolve(new Response('<form>', {headers: {'Content-Type': 'text/html'}}))");
            browser.click("button[aria-label='pause " + waits + "']");
            shows(browser, "#trouble", "pause " + waits + ": you are not logged in any more");
        } finally {
            application.close();
        }
    }

    private static long groupsAskedFor(Browser browser) {
        return Long.parseLong(browser.eval(
                "performance.getEntriesByType('resource').filter(it => it.name.includes('api/groups')).length"));
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void oneShardThatSwallowsPacketsLeavesThePageAliveAndEachButtonDoesWhatItSays()
            throws IOException, InterruptedException {
        Path program = chromium();
        Database two = TestDatabase.createDatabase();
        for (Database it : List.of(database, two)) {
            ServedApplication.installed(it, 600);
            it.execute("update pace set seconds = 0.2", "insert into items (id) values (13)");
        }
        try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServedApplication application = ServedApplication.start(
                        database,
                        WITH_WORKERS[0],
                        WITH_WORKERS[1],
                        "sluice.install-on-start=false",
                        "sluice.shards.two.url=" + two.url(),
                        "sluice.shards.deaf.url=r2dbc:postgresql://nobody@127.0.0.1:" + deaf.getLocalPort() + "/x");
                Browser browser = new Browser(program)) {
            browser.open("http://127.0.0.1:" + application.port() + "/sluice/");
            application
                    .sluice()
                    .enqueue(Enqueue.of("slow").shards("primary", "two"))
                    .blockLast(SOON);
            shows(browser, ".member .status", "UNREACHABLE");
            shows(browser, "#shards .down", "deaf");
            shows(browser, ".sum .facts", "0 of 3 shards done · ");
            shows(browser, ".sum .facts", " rows/s");
            browser.click("button[aria-label='pause primary:1']");
            await().atMost(Duration.ofSeconds(8))
                    .untilAsserted(() ->
                            assertThat(browser.text("#run-primary_3a1 .status")).startsWith("PAUS"));
            shows(browser, "#run-primary_3a1 .status", "PAUSED");

            tabTo(browser, "cancel primary:1");
            browser.press("Enter", 13);
            shows(browser, "#question", "for good?");
            assertThat(browser.eval("document.activeElement.value"))
                    .as("the harmless one")
                    .isEqualTo("no");
            browser.press("Tab", 9);
            browser.press("Enter", 13);
            shows(browser, "#run-primary_3a1 .status", "CANCELLED");

            application
                    .sluice()
                    .enqueue(Enqueue.of("fill").shards("primary").delayed())
                    .blockLast(SOON);
            shows(browser, "#run-primary_3a2 .status", "DELAYED");
            browser.click("button[aria-label='approve primary:2']");
            shows(browser, "#run-primary_3a2 .status", "FAILED");
            database.execute("delete from items where id = 13");
            browser.click("button[aria-label='retry primary:2']");
            shows(browser, "#run-primary_3a2 .status", "SUCCEEDED");
            assertThat(browser.errors()).isEmpty();
        }
    }

    private static void tabTo(Browser browser, String label) {
        for (int i = 0;
                i < 30 && !label.equals(browser.eval("document.activeElement.getAttribute('aria-label')"));
                i++) {
            browser.press("Tab", 9);
        }
        assertThat(browser.eval("document.activeElement.getAttribute('aria-label')"))
                .isEqualTo(label);
    }

    @Test
    void withoutControlThereAreNoButtonsAndWhatIsNotShownIsSaid() throws IOException, InterruptedException {
        Path program = chromium();
        ServedApplication.tables(database, 5);
        try (ServedApplication application = ServedApplication.start(database);
                Browser browser = new Browser(program)) {
            browser.open("http://127.0.0.1:" + application.port() + "/sluice/");
            Flux.range(1, 52)
                    .concatMap(it ->
                            application.sluice().enqueue(Enqueue.of("fill").arguments(it)))
                    .blockLast(SOON);

            shows(browser, "#groups > .none", "the 50 that were enqueued last");
            assertThat(browser.eval("document.querySelectorAll('article').length"))
                    .isEqualTo("50");
            assertThat(browser.text("article h3 ~ .kind")).startsWith("data [52]|data [51]|");
            assertThat(browser.eval("document.querySelectorAll('#groups button').length"))
                    .isEqualTo("0");
            assertTheTimeThatIsLeftIsToldOnlyWhereItIsKnown(browser);
            assertThat(Integer.parseInt(browser.eval(
                            "(() => { let asked = 0; get = () => { asked++; return new Promise(() => {}); };"
                                    + " refresh(); refresh(); refresh(); return asked; })()")))
                    .as("one look at a time, however long it takes: a click needs a connection, too")
                    .isLessThanOrEqualTo(3);
        }
    }

    private static void assertTheTimeThatIsLeftIsToldOnlyWhereItIsKnown(Browser browser) {

        assertThat(left(browser, "[20, 20]", "total: 1000")).isEqualTo("about 45 s left");
        assertThat(left(browser, "[10, 20, 20]", "total: 1000")).isEqualTo("1 to 2 min left");
        assertThat(left(browser, "[1e-300]", "total: 1000")).isEqualTo("more than 100 d left");
        assertThat(left(browser, "[10]", "total: 1000, reason: 'lag'")).isEmpty();
        assertThat(left(browser, "[10]", "total: 99")).isEmpty();
        assertThat(left(browser, "[10], gained: -10001", "total: 1000")).isEmpty();
        assertThat(browser.eval("memberId('a.b:1') === memberId('a_b:1')")).isEqualTo("false");
        assertThat(browser.errors()).isEmpty();
    }

    private static String left(Browser browser, String rates, String progress) {
        return browser.eval("eta({at: 0, gained: 0, rates: " + rates
                + ", progress: {status: 'RUNNING', totalKind: 'EXACT', seenInPass: 100, " + progress + "}})");
    }

    private static Path chromium() {
        Optional<Path> program = Browser.installed();
        if (program.isEmpty()) {
            LOG.error("THE PAGE IS NOT TESTED: no Chromium; install one, or set CHROME_BIN");
        }
        assumeTrue(program.isPresent(), "no Chromium on the path, and no CHROME_BIN");
        return program.get();
    }

    private static void made(Connection connection, String... statements) {
        for (String it : statements) {
            Flux.from(connection.createStatement(it).execute())
                    .flatMap(Result::getRowsUpdated)
                    .blockLast(SOON);
        }
    }

    private static void enqueue(Sluice sluice, String name) {
        sluice.enqueue(Enqueue.of(name)).blockLast(SOON);
    }

    private static void shows(Browser browser, String selector, String text) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(browser.text(selector)).contains(text));
    }
}
