package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ledger.BatchStore.Attempt;
import io.sluice.ledger.BatchStore.Attempt.State;
import io.sluice.run.BatchSettings;
import io.sluice.run.Failure;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the ledger keeps of batches: their attempts, their errors and, when they are old, their sums. */
class DataRunStoreIT {

    private static final Failure FAILURE = new Failure("E", "m", "22012", null, "t", null, "at");

    private final LedgerOnTrial trial = LedgerOnTrial.installed();
    private Lease lease;

    @BeforeEach
    void aRun() {
        lease = trial.leased("copy", RunStatus.RUNNING);
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void oldBatchesAreFoldedIntoUnbrokenStretchesWithTheirSums() {
        batch(0, 0, "{1}", "{10}", "SUCCEEDED", 10, "2 days");
        batch(0, 0, "{10}", "{20}", "SUCCEEDED", 9, "2 days");
        batch(0, 0, "{20}", "{30}", "FAILED", 0, "2 days");
        batch(0, 0, "{30}", "{40}", "SUCCEEDED", 8, "2 days");
        batch(0, 0, "{40}", "{50}", "SUCCEEDED", 7, "2 days");
        batch(0, 0, "{50}", "{60}", "SUCCEEDED", 6, "2 days");
        batch(0, 0, "{60}", "{70}", "SUCCEEDED", 5, "1 hour");
        batch(0, 0, "{70}", "{80}", "RUNNING", 0, null);
        batch(0, 1, "{1}", "{80}", "SUCCEEDED", 4, "2 days");

        trial.ledger.batches().foldOlderThan(Duration.ofDays(1)).block(SOON);

        assertThat(batches())
                .containsExactly(
                        "0 {1}-{20} SUCCEEDED 19 2",
                        "0 {20}-{30} FAILED 0 1",
                        "0 {30}-{60} SUCCEEDED 21 3",
                        "0 {60}-{70} SUCCEEDED 5 1",
                        "0 {70}-{80} RUNNING 0 1",
                        "1 {1}-{80} SUCCEEDED 4 1");
        assertThat(trial.number("select sum(rows_changed) from sluice.batch")).isEqualTo(49);
    }

    @Test
    void foldingAgainFoldsWhatHasGrownOldSince() {
        batch(0, 0, "{1}", "{10}", "SUCCEEDED", 10, "2 days");
        batch(0, 0, "{10}", "{20}", "SUCCEEDED", 9, "2 days");
        trial.ledger.batches().foldOlderThan(Duration.ofDays(1)).block(SOON);
        batch(0, 0, "{20}", "{30}", "SUCCEEDED", 8, "2 days");

        trial.ledger.batches().foldOlderThan(Duration.ofDays(1)).block(SOON);

        assertThat(batches()).containsExactly("0 {1}-{30} SUCCEEDED 27 3");
    }

    @Test
    void aStretchThatBeginsWithoutALowerEndHasNone() {
        batch(0, 0, null, "{b,10}", "SUCCEEDED", 10, "2 days");
        batch(0, 0, "{b,10}", "{c,20}", "SUCCEEDED", 9, "2 days");

        trial.ledger.batches().foldOlderThan(Duration.ofDays(1)).block(SOON);

        assertThat(batches()).containsExactly("0 -{c,20} SUCCEEDED 19 2");
    }

    @Test
    void aFailedBatchCountsItsAttemptsUntilNoneIsLeft() {
        trial.sql("update sluice.data_run set batch_attempts = 2");
        long batch = batch(0, 0, "{1}", "{10}", "RUNNING", 0, null);

        assertThat(failed(batch)).isEqualTo(new Attempt(batch, 1, State.ERRORED, false));
        assertThat(trial.text("select concat_ws(' ', status, attempts, error_class, error_sqlstate, error_table)"
                        + " from sluice.batch"))
                .isEqualTo("ERRORED 1 E 22012 t");
        assertThat(failed(batch)).isEqualTo(new Attempt(batch, 2, State.FAILED, false));
        assertThat(trial.text("select status from sluice.batch")).isEqualTo("FAILED");

        assertThat(trial.events(lease.run().number()))
                .filteredOn(it -> it.startsWith("BATCH_FAILED"))
                .hasSize(2)
                .last()
                .asString()
                .contains("\"attempt\": 2", "\"last\": true", "\"sqlState\": \"22012\"", "[\"1\"]", "[\"10\"]");
    }

    @Test
    void aBatchThatIsSplitSpendsNoFurtherAttemptsAndIsToldOfOnce() {
        trial.sql("update sluice.data_run set batch_attempts = 1");
        long batch = batch(0, 0, "{1}", "{10}", "RUNNING", 0, null);

        assertThat(failed(batch, true)).isEqualTo(new Attempt(batch, 1, State.SPLIT, true));
        assertThat(failed(batch, true)).isEqualTo(new Attempt(batch, 1, State.SPLIT, false));

        assertThat(trial.events(lease.run().number()))
                .filteredOn(it -> it.startsWith("BATCH_"))
                .satisfiesExactly(
                        it -> assertThat(it).startsWith("BATCH_FAILED"),
                        it -> assertThat(it).startsWith("BATCH_SPLIT"));
    }

    @Test
    void whoLostTheLeaseCannotFailABatch() {
        long batch = batch(0, 0, "{1}", "{10}", "RUNNING", 0, null);
        Lease old = new Lease(lease.run(), lease.token() - 1, "them");

        assertThatThrownBy(() -> trial.ledger
                        .batches()
                        .failed(old, batch, FAILURE, false)
                        .block(SOON))
                .isInstanceOf(LeaseLostException.class);

        assertThat(trial.text("select status || attempts from sluice.batch")).isEqualTo("RUNNING0");
        assertThat(trial.number("select count(*) from sluice.event where kind = 'BATCH_FAILED'"))
                .isZero();
    }

    @Test
    void settingsOfARunThatIsNotThereCannotBeChanged() {
        assertThat(trial.ledger
                        .dataRuns()
                        .changeSettings(4711, BatchSettings.DEFAULTS, it -> it)
                        .block(SOON))
                .isNull();
    }

    private Attempt failed(long batch) {
        return failed(batch, false);
    }

    private Attempt failed(long batch, boolean splits) {
        return trial.ledger.batches().failed(lease, batch, FAILURE, splits).block(SOON);
    }

    private long batch(int lane, int pass, String lower, String upper, String status, int rows, String age) {
        return trial.number("with b as (insert into sluice.batch (run_id, lane, pass, lower, upper, status, rows_seen,"
                + " rows_changed, finished_at) values (" + lease.run().number() + ", " + lane + ", " + pass + ", "
                + (lower == null ? "null" : "'" + lower + "'") + ", '" + upper + "', '" + status + "', " + rows + ", "
                + rows + ", " + (age == null ? "null" : "clock_timestamp() - interval '" + age + "'")
                + ") returning id) select id from b");
    }

    private List<String> batches() {
        return trial.texts(
                "select pass || ' ' || coalesce(lower::text, '') || '-' || upper::text || ' ' || status || ' '"
                        + " || rows_seen || ' ' || batches from sluice.batch order by pass, id");
    }
}
