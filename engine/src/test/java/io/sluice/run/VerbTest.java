package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every verb in every status: where it leads, or that it is refused. */
class VerbTest {

    private static final StatusGrid EXPECTED = StatusGrid.of("""
                       | APPROVE  | PAUSE   | RESUME   | CANCEL     | RETRY    | FINISH    | DISMISS
            DELAYED    | ENQUEUED | -       | -        | CANCELLED  | -        | -         | -
            ENQUEUED   | -        | PAUSED  | -        | CANCELLED  | -        | FINISHING | -
            RUNNING    | -        | PAUSING | -        | CANCELLING | -        | FINISHING | -
            FINISHING  | -        | PAUSING | -        | CANCELLING | -        | -         | -
            PAUSING    | -        | -       | RUNNING  | CANCELLING | -        | FINISHING | -
            PAUSED     | -        | -       | ENQUEUED | CANCELLED  | -        | FINISHING | -
            CANCELLING | -        | -       | -        | -          | -        | -         | -
            CANCELLED  | -        | -       | -        | -          | -        | -         | -
            ERRORED    | -        | PAUSED  | -        | CANCELLED  | ENQUEUED | FINISHING | -
            FAILED     | -        | -       | -        | CANCELLED  | ENQUEUED | FINISHING | SUCCEEDED
            SUCCEEDED  | -        | -       | -        | -          | -        | -         | -
            """);

    static Stream<StatusGrid.Cell> cells() {
        return EXPECTED.cells();
    }

    @Test
    void theTableHasEveryVerbInEveryStatus() {
        assertThat(EXPECTED.columns()).containsExactly(names(Verb.values()));
        assertThat(EXPECTED.rows()).containsExactlyInAnyOrder(names(RunStatus.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aVerbLeadsWhereTheTableSaysOrIsRefused(StatusGrid.Cell cell) {
        Verb verb = Verb.valueOf(cell.column());

        assertThat(verb.from(cell.status())).isEqualTo(cell.target());
        assertThat(verb.allowedIn().contains(cell.status()))
                .isEqualTo(cell.target().isPresent());
        assertThat(Verb.allowedIn(cell.status()).contains(verb))
                .isEqualTo(cell.target().isPresent());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aVerbTakesOnlyEdgesOfTheLifecycle(StatusGrid.Cell cell) {
        Verb.valueOf(cell.column())
                .from(cell.status())
                .ifPresent(to -> assertThat(cell.status().next()).contains(to));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aRefusalNamesWhatIsAllowedFromHere(StatusGrid.Cell cell) {
        Verb verb = Verb.valueOf(cell.column());

        IllegalTransitionException refusal = new IllegalTransitionException(new RunId("main", 7), verb, cell.status());

        assertThat(refusal)
                .hasMessageStartingWith("run main:7 is " + cell.status() + " and cannot be asked to " + verb + ";");
        assertThat(refusal.allowed()).isEqualTo(Verb.allowedIn(cell.status()));
        assertThat(refusal.getMessage())
                .endsWith(refusal.allowed().isEmpty() ? "nothing is allowed" : "allowed: " + refusal.allowed());
    }

    @Test
    void aRefusalCanBeReadByPrograms() {
        IllegalTransitionException refusal =
                new IllegalTransitionException(new RunId("main", 7), Verb.RESUME, RunStatus.FAILED);

        assertThat(refusal.run()).isEqualTo(new RunId("main", 7));
        assertThat(refusal.verb()).isEqualTo(Verb.RESUME);
        assertThat(refusal.status()).isEqualTo(RunStatus.FAILED);
        assertThat(refusal.allowed()).containsExactly(Verb.CANCEL, Verb.RETRY, Verb.FINISH, Verb.DISMISS);
    }

    @ParameterizedTest
    @EnumSource
    void noVerbMovesWhatIsTerminal(RunStatus status) {
        if (status.isTerminal()) {
            assertThat(Verb.allowedIn(status)).isEmpty();
        }
    }

    private static String[] names(Enum<?>... values) {
        return Stream.of(values).map(Enum::name).toArray(String[]::new);
    }
}
