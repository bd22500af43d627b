package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every from × to against the table of the design, which is written out here once more. */
class RunStatusTest {

    private static final String DESIGN = """
            DELAYED    | ENQUEUED CANCELLED
            ENQUEUED   | RUNNING PAUSED CANCELLED FINISHING
            RUNNING    | SUCCEEDED PAUSING CANCELLING ERRORED FAILED FINISHING ENQUEUED
            FINISHING  | SUCCEEDED PAUSING CANCELLING ERRORED FAILED ENQUEUED
            PAUSING    | PAUSED RUNNING CANCELLING FINISHING SUCCEEDED ERRORED FAILED
            PAUSED     | ENQUEUED CANCELLED FINISHING
            CANCELLING | CANCELLED SUCCEEDED FAILED
            ERRORED    | RUNNING ENQUEUED PAUSED CANCELLED FAILED FINISHING
            FAILED     | ENQUEUED FINISHING CANCELLED SUCCEEDED
            SUCCEEDED  |
            CANCELLED  |
            """;

    private static final Map<String, Set<String>> NEXT = DESIGN.lines()
            .map(line -> line.split("\\|", -1))
            .collect(Collectors.toMap(row -> row[0].strip(), row -> words(row[1])));

    private static Set<String> words(String text) {
        return Arrays.stream(text.strip().split(" "))
                .filter(it -> !it.isEmpty())
                .collect(Collectors.toSet());
    }

    @Test
    void theDesignKnowsJustTheseStatuses() {
        assertThat(Stream.of(RunStatus.values()).map(Enum::name)).containsExactlyInAnyOrderElementsOf(NEXT.keySet());
    }

    static Stream<Arguments> everyPair() {
        return Stream.of(RunStatus.values())
                .flatMap(from -> Stream.of(RunStatus.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest(name = "{0} to {1}")
    @MethodSource("everyPair")
    void aChangeIsAllowedWhereTheDesignAllowsIt(RunStatus from, RunStatus to) {
        boolean designed = NEXT.get(from.name()).contains(to.name());

        assertThat(from.next().contains(to)).isEqualTo(designed);
        assertThat(to.previous().contains(from)).isEqualTo(designed);
    }

    @ParameterizedTest
    @EnumSource
    void nothingFollowsWhatIsTerminalAndNothingElse(RunStatus status) {
        assertThat(status.isTerminal())
                .isEqualTo(Set.of("SUCCEEDED", "CANCELLED").contains(status.name()));
    }

    @ParameterizedTest
    @EnumSource
    void aLeaseIsHeldWhileSomebodyWorksOrIsAskedToStop(RunStatus status) {
        Set<String> leased = Set.of("RUNNING", "FINISHING", "PAUSING", "CANCELLING");

        assertThat(status.isLeased()).isEqualTo(leased.contains(status.name()));
    }

    @ParameterizedTest
    @EnumSource
    void subBatchesCommitOnlyWhileNobodyAskedToStop(RunStatus status) {
        assertThat(status.isWorking()).isEqualTo(Set.of("RUNNING", "FINISHING").contains(status.name()));
    }

    /** What the verbs, the endings and the claims can do together is what the table allows, but for edges of schema runs. */
    @Test
    void everyEdgeHasSomebodyWhoTakesIt() {
        Set<String> taken = Stream.of(RunStatus.values())
                .flatMap(from -> Stream.concat(
                                Stream.of(Verb.values()).flatMap(verb -> verb.from(from).stream()),
                                Stream.of(Ending.values()).flatMap(ending -> ending.from(from).stream()))
                        .map(to -> from + " to " + to))
                .collect(Collectors.toSet());
        Set<String> claims = Set.of("ENQUEUED to RUNNING", "ERRORED to RUNNING");
        Set<String> notYet = Set.of("CANCELLING to FAILED", "PAUSING to ERRORED", "ERRORED to FAILED");

        Set<String> edges = EnumSet.allOf(RunStatus.class).stream()
                .flatMap(from -> from.next().stream().map(to -> from + " to " + to))
                .collect(Collectors.toSet());

        assertThat(edges)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(taken, claims, notYet).flatMap(Set::stream).toList());
    }
}
