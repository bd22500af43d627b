package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to let go of a run in every status: what becomes of it, or that it is refused. */
class EndingTest {

    private static final StatusGrid EXPECTED = StatusGrid.of("""
                       | SUCCESS   | ERROR     | FAILURE   | STOP      | HAND_BACK
            DELAYED    | -         | -         | -         | -         | -
            ENQUEUED   | -         | -         | -         | -         | -
            RUNNING    | SUCCEEDED | ERRORED   | FAILED    | -         | ENQUEUED
            FINISHING  | SUCCEEDED | ERRORED   | FAILED    | -         | ENQUEUED
            PAUSING    | SUCCEEDED | PAUSED    | FAILED    | PAUSED    | PAUSED
            PAUSED     | -         | -         | -         | -         | -
            CANCELLING | SUCCEEDED | CANCELLED | CANCELLED | CANCELLED | CANCELLED
            CANCELLED  | -         | -         | -         | -         | -
            ERRORED    | -         | -         | -         | -         | -
            FAILED     | -         | -         | -         | -         | -
            SUCCEEDED  | -         | -         | -         | -         | -
            """);

    static Stream<StatusGrid.Cell> cells() {
        return EXPECTED.cells();
    }

    @Test
    void theTableHasEveryEndingInEveryStatus() {
        assertThat(EXPECTED.columns())
                .containsExactly(Stream.of(Ending.values()).map(Enum::name).toArray(String[]::new));
        assertThat(EXPECTED.rows())
                .containsExactlyInAnyOrder(
                        Stream.of(RunStatus.values()).map(Enum::name).toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void anEndingLeadsWhereTheTableSaysOrIsRefused(StatusGrid.Cell cell) {
        Ending ending = Ending.valueOf(cell.column());

        assertThat(ending.from(cell.status())).isEqualTo(cell.target());
        assertThat(ending.allowedIn().contains(cell.status()))
                .isEqualTo(cell.target().isPresent());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void anEndingTakesOnlyEdgesOfTheLifecycle(StatusGrid.Cell cell) {
        Ending.valueOf(cell.column())
                .from(cell.status())
                .ifPresent(to -> assertThat(cell.status().next()).contains(to));
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheHolderOfALeaseCanLetGo(Ending ending) {
        assertThat(ending.allowedIn()).allMatch(RunStatus::isLeased);
    }

    @ParameterizedTest
    @EnumSource
    void nobodyHoldsALeaseAfterAnEnding(Ending ending) {
        assertThat(ending.allowedIn())
                .allMatch(from -> !ending.from(from).orElseThrow().isLeased());
    }
}
