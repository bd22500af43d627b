package io.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the checkpoint of a sub-batch writes of its lane, and how many keys the next one may have. */
class CheckpointIT {

    private static final String NO_TARGET = "0";

    private final LedgerOnTrial trial = LedgerOnTrial.installed();

    @BeforeEach
    void aLaneInItsSecondBatch() {
        long run = trial.leased("copy", RunStatus.RUNNING).run().number();
        trial.sql("update sluice.data_run set sub_batch_size = 1000, target_ms = 0, least_size = 50, most_size = 20000,"
                + " batch_size = 10000");
        trial.sql("insert into sluice.lane (run_id, number, lower, upper, cursor, token, sub_batches,"
                + " rows_seen, rows_changed, batch_seen, batch_changed)"
                + " values (" + run + ", 0, '{1}', '{9}', '{4}', 7, 9, 40, 30, 4, 3)");
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void theCursorMovesAndWhatWasSeenAndChangedIsAdded() {
        checkpoint(NO_TARGET);

        assertThat(trial.text("select concat_ws(' ', cursor, sub_batches, rows_seen, rows_changed, batch_seen,"
                        + " batch_changed) from sluice.lane"))
                .isEqualTo("{6} 10 1040 730 1004 703");
        assertThat(trial.text("select (working_ms > 0 and working_ms = batch_ms)::text from sluice.lane"))
                .isEqualTo("true");
    }

    @Test
    void withoutATargetTheSizeIsThatWhichIsSet() {
        checkpoint(NO_TARGET);

        assertThat(trial.text(
                        "select concat_ws(' ', coalesce(size::text, 'as set'), sized_rows, sized_ms) from sluice.lane"))
                .isEqualTo("as set 0 0");
    }

    @Test
    void withoutATargetASizeThatWasCutGrowsBackUntilItIsThatWhichIsSet() {
        trial.sql("update sluice.lane set size = 500");
        List<String> sizes = new ArrayList<>();

        for (int i = 0; i < 4; i++) {
            checkpoint(NO_TARGET);
            sizes.add(trial.text(
                    "select concat_ws(' ', coalesce(size::text, 'as set'), sized_rows, sized_ms) from sluice.lane"));
        }

        assertThat(sizes).containsExactly("625 0 0", "781 0 0", "976 0 0", "as set 0 0");
    }

    @Test
    void withATargetTheSizeIsWhatFitsIntoIt() {
        trial.sql("update sluice.data_run set target_ms = 1000");
        trial.sql("update sluice.lane set size = 1000, sized_rows = 4000, sized_ms = 4000");

        checkpoint(NO_TARGET);

        // the statement itself takes next to nothing, so a row is seen to take less than before
        assertThat(trial.number("select sized_rows::bigint from sluice.lane")).isEqualTo(4_000);
        assertThat(trial.number("select sized_ms::bigint from sluice.lane")).isBetween(3_000L, 3_900L);
        assertThat(trial.number("select size::bigint from sluice.lane")).isBetween(1_025L, 1_334L);
    }

    @Test
    void aTighterTargetOfTheMomentGoesBeforeTheOneThatIsSet() {
        trial.sql("update sluice.data_run set target_ms = 1000");
        trial.sql("update sluice.lane set size = 1000, sized_rows = 4000, sized_ms = 4000");

        checkpoint("500");

        assertThat(trial.number("select size::bigint from sluice.lane")).isBetween(512L, 667L);
    }

    /** A thousand keys, of which 700 were changed, and the last is 6. */
    private void checkpoint(String target) {
        trial.text("select sluice.checkpoint(id, '{6}', 1000, 700, " + target + ")::text from sluice.lane");
    }
}
