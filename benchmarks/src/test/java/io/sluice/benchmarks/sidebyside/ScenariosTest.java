package io.sluice.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be asked for, and by which names it is answered. */
class ScenariosTest {

    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Server SERVER = new Server("localhost", 1, "none", "nobody", "");

    static Stream<List<Scenario>> both() {
        return Stream.of(Scenarios.quick(MILLISECOND), Scenarios.full(MILLISECOND));
    }

    @ParameterizedTest
    @MethodSource("both")
    void theGoalsAreAlwaysAnsweredFor(List<Scenario> scenarios) {
        assertThat(keys(scenarios))
                .contains(
                        "sqlVsProcedure",
                        "sqlVsProcedureRtt1ms",
                        "sqlSmallVsProcedure",
                        "sqlVsJdbcRtt1ms",
                        "lanes2VsProcedure",
                        "codeVsJdbc");
    }

    @ParameterizedTest
    @MethodSource("both")
    void whatIsComparedIsMeasuredInTheSameScenario(List<Scenario> scenarios) {
        for (Scenario scenario : scenarios) {
            List<String> subjects = scenario.subjects().apply(SERVER).stream()
                    .map(Subject::name)
                    .toList();
            assertThat(subjects).as(scenario.name()).doesNotHaveDuplicates();
            assertThat(scenario.comparisons())
                    .as(scenario.name())
                    .allSatisfy(it -> assertThat(subjects).contains(it.subject(), it.baseline()));
        }
    }

    @ParameterizedTest
    @MethodSource("both")
    void noTwoAreCalledTheSame(List<Scenario> scenarios) {
        assertThat(scenarios).extracting(Scenario::name).doesNotHaveDuplicates();
        assertThat(scenarios.stream().flatMap(it -> it.comparisons().stream()).map(Comparison::key))
                .doesNotHaveDuplicates();
    }

    @Test
    void allSixAreMeasuredForEachSizeRoundTripKeyIndexAndChange() {
        List<Workload> workloads = Scenarios.full(MILLISECOND).stream()
                .filter(it -> it.subjects().apply(SERVER).size() == 6)
                .map(Scenario::workload)
                .toList();

        assertThat(workloads).extracting(Workload::batch).contains(50, 1_000, 5_000);
        assertThat(workloads)
                .extracting(Workload::key)
                .contains(KeyKind.BIGINT, KeyKind.SPARSE, KeyKind.UUID, KeyKind.COMPOSITE);
        assertThat(workloads).extracting(Workload::indexes).contains(0, 2);
        assertThat(workloads).extracting(Workload::change).contains(Change.UPDATE, Change.DELETE);
        assertThat(Scenarios.full(MILLISECOND).stream()
                        .filter(it -> it.subjects().apply(SERVER).size() == 6)
                        .map(Scenario::roundTrip))
                .contains(Duration.ZERO, MILLISECOND);
    }

    @Test
    void anotherRoundTripHasKeysOfItsOwnAndNoGoals() {
        List<Scenario> scenarios = Scenarios.quick(Duration.ofNanos(2_500_000));

        assertThat(keys(scenarios)).contains("sqlVsProcedureRtt2.5ms").doesNotContain("sqlVsProcedureRtt1ms");
        assertThat(scenarios.stream()
                        .flatMap(it -> it.comparisons().stream())
                        .filter(it -> it.key().contains("Rtt")))
                .allSatisfy(it -> assertThat(it.goal()).isZero());
    }

    private static Set<String> keys(List<Scenario> scenarios) {
        return scenarios.stream()
                .flatMap(it -> it.comparisons().stream())
                .map(Comparison::key)
                .collect(Collectors.toSet());
    }
}
