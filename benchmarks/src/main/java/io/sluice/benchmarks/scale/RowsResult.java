package io.sluice.benchmarks.scale;

import static io.sluice.benchmarks.scale.Report.rounded;

import io.sluice.benchmarks.scale.Report.Column;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.List;

/**
 * What one backfill cost.
 *
 * @param seconds from the claim of the run until it was let go of
 * @param heapMiB after a collection of garbage, at the largest sample
 * @param cpuMicrosPerSubBatch of all threads of this process, those that compile and collect garbage for the samples among them
 * @param ledgerMiB of all tables of the ledger and their indexes, when it was over
 * @param wrongRows those that are not as they ought to be, and those that the engine counts wrongly
 */
record RowsResult(
        long rows,
        double seconds,
        double microsPerRow,
        long subBatches,
        double microsPerSubBatch,
        double cpuMicrosPerSubBatch,
        double heapMiB,
        double ledgerMiB,
        RunStatus status,
        long wrongRows) {

    static RowsResult of(RowsRun asked, Run run, Duration took, Duration cpu, long heap, long ledger, long wrongRows) {
        // of a fixed size over keys without gaps, so their number is known
        long subBatches = (asked.rows() + asked.subBatch() - 1) / asked.subBatch();
        double micros = took.toNanos() / 1e3;
        return new RowsResult(
                asked.rows(),
                rounded(micros / 1e6),
                rounded(micros / asked.rows()),
                subBatches,
                rounded(micros / subBatches),
                rounded(cpu.toNanos() / 1e3 / subBatches),
                Jvm.mebibytes(heap),
                Jvm.mebibytes(ledger),
                run.status(),
                wrongRows);
    }

    boolean isRight() {
        return wrongRows == 0 && status == RunStatus.SUCCEEDED;
    }

    static List<Column<RowsResult>> columns() {
        return List.of(
                new Column<>("rows", "%,d", it -> it.rows),
                new Column<>("s", "%.2f", it -> it.seconds),
                new Column<>("µs/row", "%.3f", it -> it.microsPerRow),
                new Column<>("sub-batches", "%,d", it -> it.subBatches),
                new Column<>("µs/sub-batch", "%,.0f", it -> it.microsPerSubBatch),
                new Column<>("CPU µs/sub-batch", "%,.0f", it -> it.cpuMicrosPerSubBatch),
                new Column<>("heap MiB", "%.1f", it -> it.heapMiB),
                new Column<>("ledger MiB", "%.1f", it -> it.ledgerMiB),
                new Column<>("run", "%s", it -> it.status),
                new Column<>("wrong rows", "%,d", it -> it.wrongRows));
    }
}
