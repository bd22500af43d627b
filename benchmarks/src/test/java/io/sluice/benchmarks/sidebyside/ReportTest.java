package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The last line: what is known is a number, what is not is null, and then the whole is not known. */
class ReportTest {

    private static final List<Double> ALIKE = List.of(0.99, 1.0, 1.01);
    private static final List<Double> APART = List.of(0.5, 1.0, 1.6);

    private final Report report = new Report(Map.of());

    @Test
    void aRatioThatIsTooWideIsNullAndItsSpreadIsTold() {
        report.add(List.of(Limit.times("wide", "what", 2, APART), Limit.times("narrow", "what", 2, ALIKE)));

        JsonNode line = JsonMapper.builder().build().readTree(report.line());

        assertThat(line.get("wide").isNull()).isTrue();
        assertThat(line.get("narrow").asDouble()).isEqualTo(1.0);
        assertThat(line.get("spread").get("wide").asDouble()).isGreaterThan(Ratio.WIDEST);
        assertThat(report.isKnown()).isFalse();
    }

    @Test
    void aTimeIsToldWithItsSpreadHoweverWide() {
        report.add(List.of(Limit.of("time", "what", "ms", 100, List.of(20.0, 30.0, 60.0))));

        assertThat(JsonMapper.builder()
                        .build()
                        .readTree(report.line())
                        .get("time")
                        .asDouble())
                .isEqualTo(30.0);
        assertThat(report.isKnown()).isTrue();
    }
}
