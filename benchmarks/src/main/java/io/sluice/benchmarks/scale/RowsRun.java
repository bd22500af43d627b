package io.sluice.benchmarks.scale;

import static java.util.Objects.requireNonNull;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import java.time.Duration;

/**
 * One backfill of a table that is made for it, in a database of its own.
 *
 * @param rows of the table, with keys 1, 2, 3, …
 * @param subBatch rows of a transaction
 */
record RowsRun(Target server, Change change, long rows, int subBatch) {

    private static final Duration LONGEST = Duration.ofDays(2);
    private static final Duration SAMPLE = Duration.ofSeconds(2);

    private static final String LEDGER = "select sum(pg_total_relation_size(oid))::bigint from pg_class"
            + " where relnamespace = 'sluice'::regnamespace and relkind = 'r'";

    RowsResult measured() {
        try (ScratchDatabase scratch = ScratchDatabase.on(server)) {
            fill(scratch.target());
            Sluice sluice = sluice(scratch.target());
            try {
                sluice.install().block(LONGEST);
                sluice.enqueue(Enqueue.of("backfill")).blockLast(LONGEST);
                return worked(sluice, scratch.target());
            } finally {
                sluice.close().block(LONGEST);
            }
        }
    }

    private RowsResult worked(Sluice sluice, Target target) {
        try (Largest heap = Largest.of("heap", SAMPLE, Jvm::heapAfterCollection)) {
            Duration cpu = Jvm.cpuTime();
            long began = System.nanoTime();
            Run run = requireNonNull(sluice.runOnce().blockLast(LONGEST), "nothing was claimed");
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            Duration used = Jvm.cpuTime().minus(cpu);
            Progress progress =
                    requireNonNull(sluice.progress(run.id()).blockFirst(LONGEST), "there is no run " + run.id());
            // what the table says, and what the engine says of itself
            long wrong = target.number(change.wrongRows(rows)) + Math.abs(rows - progress.rowsSeen());
            return RowsResult.of(this, run, took, used, heap.end(), target.number(LEDGER), wrong);
        }
    }

    /** Keys without gaps; vacuumed, and a checkpoint, so that each size pays for the same. */
    private void fill(Target target) {
        target.execute(
                "create table items as select generate_series(1::bigint, %d) as id, 0 as n".formatted(rows),
                "alter table items add primary key (id), set (autovacuum_enabled = false)",
                "vacuum analyze items",
                "checkpoint");
    }

    private Sluice sluice(Target target) {
        return Sluice.builder()
                .shard("primary", target.connections())
                .migrations(DataMigration.of("backfill", Work.sql(Source.table("items"), change.statement))
                        .with(it -> it.withBatchSize(10 * subBatch).withSubBatchSize(subBatch)))
                .build();
    }
}
