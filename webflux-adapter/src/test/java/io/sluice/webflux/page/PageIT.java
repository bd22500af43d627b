package io.sluice.webflux.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.webflux.api.ServedApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page as a person sees it, in a real browser: a run goes to its end, is paused and resumed by clicks, the server restarts. */
class PageIT {

    private static final Logger LOG = LoggerFactory.getLogger(PageIT.class);
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String[] WITH_WORKERS = {"sluice.worker.enabled=true", "sluice.web.control=true"};

    private final Database database = TestDatabase.createDatabase();

    @Test
    void aRunIsWatchedAndSteeredToItsEndAndTheServerMayRestartMeanwhile() throws IOException, InterruptedException {
        Optional<Path> program = Browser.installed();
        if (program.isEmpty()) {
            LOG.error("THE PAGE IS NOT TESTED: no Chromium; install one, or set CHROME_BIN");
        }
        assumeTrue(program.isPresent(), "no Chromium on the path, and no CHROME_BIN");
        ServedApplication.tables(database, 600);
        database.execute("update pace set seconds = 0.1");
        ServedApplication application = ServedApplication.start(database, WITH_WORKERS);
        int port = application.port();

        try (Browser browser = new Browser(program.get())) {
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

    private static void enqueue(Sluice sluice, String name) {
        sluice.enqueue(Enqueue.of(name)).blockLast(SOON);
    }

    private static void shows(Browser browser, String selector, String text) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(browser.text(selector)).contains(text));
    }
}
