package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.SchemaProgress.Counted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Percent of a build by its phase, in the words of the server. */
class BuildPhaseTest {

    private static final Counted NONE = new Counted(0, 0);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            initializing                           | INITIALIZING
            waiting for writers before build       | WRITERS_BEFORE_BUILD
            building index                         | BUILDING
            building index: scanning table         | SCANNING_TABLE
            building index: sorting live tuples    | SORTING_LIVE
            building index: loading tuples in tree | LOADING
            building index: merging bins           | BUILDING
            waiting for writers before validation  | WRITERS_BEFORE_VALIDATION
            index validation: scanning index       | VALIDATION_INDEX
            index validation: sorting tuples       | VALIDATION_SORTING
            index validation: scanning table       | VALIDATION_TABLE
            waiting for old snapshots              | OLD_SNAPSHOTS
            waiting for readers before marking dead | READERS_BEFORE_MARKING
            waiting for readers before dropping    | READERS_BEFORE_DROPPING
            something of a newer server            | UNKNOWN
            """)
    void isKnownByTheWordsOfTheServer(String words, BuildPhase phase) {
        assertThat(BuildPhase.of(words)).isEqualTo(phase);
    }

    @Test
    void percentGrowsWithWhatThePhaseCounts() {
        BuildPhase scan = BuildPhase.SCANNING_TABLE;

        assertThat(scan.percent(NONE, NONE, NONE)).isEqualTo(1);
        assertThat(scan.percent(new Counted(50, 100), NONE, NONE)).isEqualTo(23);
        assertThat(BuildPhase.OLD_SNAPSHOTS.percent(NONE, NONE, new Counted(1, 2)))
                .isEqualTo(98);
        assertThat(BuildPhase.UNKNOWN.percent(new Counted(1, 1), NONE, NONE)).isZero();
    }

    @Test
    void countsOfMoreThanThereWasAtTheBeginningLeaveTheNextPhaseItsShare() {
        assertThat(BuildPhase.SCANNING_TABLE.percent(new Counted(130, 100), NONE, NONE))
                .isEqualTo(45);
    }

    @Test
    void noPhaseIsAHundredPercent() {
        Counted all = new Counted(1, 1);

        for (BuildPhase phase : BuildPhase.values()) {
            assertThat(phase.percent(all, all, all)).isLessThan(100);
        }
    }
}
