package io.sluice.webflux.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What goes into the jar with the page. */
class PageFilesTest {

    @Test
    void theLicenceOfTheChartIsInTheJarAndTheNoticeSaysWhere() throws IOException {
        assertThat(beside("LICENSE.md")).contains("The MIT License", "Chart.js Contributors");
        assertThat(beside("chart.umd.min.js")).startsWith("/*!\n * Chart.js v");
        Path classes = Path.of(PageFiles.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        assertThat(Files.readString(classes.resolve("META-INF/NOTICE"))).contains("io/sluice/webflux/page/LICENSE.md");
    }

    @Test
    void thePageAsksNobodyButTheServerItIsFrom() throws IOException {
        for (String file : new String[] {"index.html", "page.css", "page.js"}) {
            assertThat(beside(file)).doesNotContain("http://", "https://", "innerHTML");
        }
    }

    private static String beside(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(PageFiles.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
