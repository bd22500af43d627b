package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a count of blocks that is at its end is believed. */
class BegunScansTest {

    private static final String SCAN = "building index: scanning table";
    /** All that methods other than the b-tree tell. */
    private static final String BUILD = "building index";

    private static final Counted NONE = new Counted(0, 0);

    private final BegunScans scans = new BegunScans();

    /** PostgreSQL 14 shows a scan so until its first block is done. */
    @ParameterizedTest
    @ValueSource(strings = {SCAN, BUILD})
    void allAtOnceIsNotBelieved(String phase) {
        Sighting seen = looked(1, phase, 100);

        assertThat(seen.percent()).isEqualTo(1);
        assertThat(seen.blocksTold()).isEqualTo(new Counted(0, 100));
        assertThat(seen.counts()).as("and may stand still for long").isFalse();
    }

    @Test
    void whatIsAtItsEndAfterItWasSeenOnItsWayStaysThere() {
        looked(1, BUILD, 100);
        assertThat(looked(1, BUILD, 50).percent()).isEqualTo(30.5);

        Sighting sorting = looked(1, BUILD, 100);

        assertThat(sorting.percent()).isEqualTo(60);
        assertThat(sorting.blocksTold()).isEqualTo(new Counted(100, 100));
        assertThat(looked(1, BUILD, 100).percent()).isEqualTo(60);
    }

    @Test
    void theScanOfTheNextIndexBeginsAnew() {
        looked(1, SCAN, 50);
        Sighting sorting = looked(1, "building index: sorting live tuples", 100);

        assertThat(sorting.blocksTold()).isEqualTo(new Counted(100, 100));
        assertThat(looked(1, SCAN, 100).percent()).isEqualTo(1);
    }

    @Test
    void oneSessionTellsNothingOfAnother() {
        looked(1, SCAN, 50);

        assertThat(looked(2, SCAN, 100).percent()).isEqualTo(1);
        assertThat(looked(1, SCAN, 100).percent()).isEqualTo(45);
    }

    /** A VACUUM has scanned what it says. */
    @Test
    void whatIsNotABuildIsBelieved() {
        Sighting vacuum = scans.seen(session(1, "vacuum: vacuuming indexes", new Counted(100, 100), false));

        assertThat(vacuum.percent()).isEqualTo(99);
        assertThat(vacuum.blocksTold()).isEqualTo(new Counted(100, 100));
    }

    private Sighting looked(int pid, String phase, long done) {
        return scans.seen(session(pid, phase, new Counted(done, 100), true));
    }

    private static Sighting session(int pid, String phase, Counted blocks, boolean builds) {
        return new Sighting(pid, Instant.EPOCH, false, phase, blocks, NONE, NONE, builds, false, List.of());
    }
}
