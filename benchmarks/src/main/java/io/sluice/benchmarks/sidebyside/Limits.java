package io.sluice.benchmarks.sidebyside;

import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceMetrics;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import io.sluice.throttle.Throttle;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** What is to stay below a limit whatever else is compared: how soon a run starts and stops, and what long runs cost at their end. */
final class Limits {

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final int TARGET_MS = 20;
    private static final int CHECKPOINTS = 50_000;

    private static final String LOCKS = "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
            + " where l.relation = 'items'::regclass and l.mode = 'RowExclusiveLock' and a.pid <> pg_backend_pid()";

    private final Server server;
    private final PrintStream progress;
    private final int rounds;

    Limits(Server server, PrintStream progress, int rounds) {
        this.server = server;
        this.progress = progress;
        this.rounds = rounds;
    }

    List<Limit> all() throws Exception {
        List<Limit> all = new ArrayList<>();
        all.add(Limit.of("cancelToLocksReleased", "from cancel() until its locks are gone", "ms", 100, cancels()));
        all.add(Limit.of("startToFirstProgress", "from runOnce() to progress that says RUNNING", "ms", 300, starts()));
        all.add(Limit.times("subBatchP95OverTarget", "p95 of a sub-batch against its target of 20 ms", 1.5, sizes()));
        all.add(Limit.times(
                "lastCheckpointsVsFirst",
                "1,000 checkpoints after 49,000 of one run, under a held snapshot, against its second 1,000",
                2,
                underSnapshot()));
        return all;
    }

    /** Each stops in the middle of a sub-batch of ten seconds. */
    private List<Double> cancels() throws Exception {
        Workload.updates(10_000, 1_000).reset(server);
        String slow = "update items set status = 'slow' where {batch} and pg_sleep(0.01) is not null";
        List<Double> found = new ArrayList<>();
        try (Connection looks = server.connect();
                Statement look = looks.createStatement()) {
            Sluice sluice = sluice(slow, it -> it, it -> it);
            for (int round = 0; round <= rounds; round++) {
                RunId run = enqueued(sluice);
                var working = sluice.runOnce().subscribe();
                until(look, 1);
                long began = System.nanoTime();
                sluice.cancel(run).block(LONGEST);
                until(look, 0);
                double took = millis(began);
                sluice.progress(run).blockLast(LONGEST);
                working.dispose();
                if (round > 0) {
                    found.add(took);
                }
            }
            sluice.close().block(LONGEST);
        }
        progress.println("limits: cancel");
        return found;
    }

    private List<Double> starts() throws Exception {
        Workload.updates(10_000, 100).reset(server);
        List<Double> found = new ArrayList<>();
        Sluice sluice = sluice("update items set status = 'seen' where {batch}", Limits::atEase, it -> it);
        for (int round = 0; round <= rounds; round++) {
            RunId run = enqueued(sluice);
            long began = System.nanoTime();
            var working = sluice.runOnce().subscribe();
            sluice.progress(run)
                    .filter(it -> it.status() == RunStatus.RUNNING)
                    .next()
                    .block(LONGEST);
            double took = millis(began);
            sluice.cancel(run).block(LONGEST);
            sluice.progress(run).blockLast(LONGEST);
            working.dispose();
            if (round > 0) {
                found.add(took);
            }
        }
        sluice.close().block(LONGEST);
        progress.println("limits: start");
        return found;
    }

    /** So that it is still at work when it is looked at. */
    private static BatchSettings atEase(BatchSettings settings) {
        return settings.withSubBatchSize(100).withSubBatchPause(Duration.ofMillis(100));
    }

    /** One call is in flight at a time here: what one waits behind another would count as its own. */
    private List<Double> sizes() throws Exception {
        Workload workload = Workload.updates(300_000, 1_000);
        List<Double> found = new ArrayList<>();
        for (int round = 0; round < Math.min(rounds, 5); round++) {
            workload.reset(server);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            meters.config().meterFilter(new PercentileOfSubBatches());
            Sluice sluice = sluice(
                    workload.statement("{batch}"),
                    it -> it.withSubBatchSize(500, new Sizing(Duration.ofMillis(TARGET_MS), 50, 20_000)),
                    it -> it.metrics(SluiceMetrics.of(meters)).throttle(Throttle.load(0.9999)));
            succeeded(sluice);
            ValueAtPercentile[] p95 =
                    meters.get("sluice.sub.batch").timer().takeSnapshot().percentileValues();
            found.add(p95[0].value(TimeUnit.MILLISECONDS) / TARGET_MS);
            sluice.close().block(LONGEST);
        }
        progress.println("limits: sizes");
        return found;
    }

    /** Only the ledger writes: no row matches, and nothing that it leaves behind can be vacuumed. */
    private List<Double> underSnapshot() throws Exception {
        List<Double> found = new ArrayList<>();
        for (int round = 0; round < Math.min(rounds, 3); round++) {
            found.add(lastUnderSnapshot());
        }
        progress.println("limits: checkpoints under a held snapshot");
        return found;
    }

    private double lastUnderSnapshot() throws Exception {
        Workload.updates(CHECKPOINTS, 1).reset(server);
        try (Connection old = server.connect();
                Statement statement = old.createStatement()) {
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.executeQuery("select txid_current()").close();
            Sluice sluice = sluice(
                    "update items set status = 'never' where {batch} and amount < 0",
                    it -> it.withBatchSize(1_000).withSubBatchSize(1),
                    it -> it);
            succeeded(sluice);
            sluice.close().block(LONGEST);
            old.rollback();
        }
        return thousands(CHECKPOINTS / 1_000) / thousands(2);
    }

    /** Seconds between the end of this batch of the last run and that of the one before. */
    private double thousands(int batch) {
        return Double.parseDouble(server.text("select extract(epoch from (max(finished_at) - min(finished_at))) from"
                + " (select finished_at from sluice.batch where run_id = (select max(id) from sluice.run)"
                + " order by id offset " + (batch - 2) + " limit 2) two"));
    }

    private Sluice sluice(
            String statement, UnaryOperator<BatchSettings> settings, UnaryOperator<SluiceBuilder> options) {
        Sluice sluice = options.apply(Sluice.builder()
                        .shard("primary", server.r2dbc())
                        .migrations(DataMigration.of("limits", Work.sql(Source.table("items"), statement))
                                .with(settings)))
                .build();
        sluice.install().block(LONGEST);
        return sluice;
    }

    private static RunId enqueued(Sluice sluice) {
        return sluice.enqueue(Enqueue.of("limits").again())
                .single()
                .map(it -> it.run().id())
                .blockOptional(LONGEST)
                .orElseThrow();
    }

    private static void succeeded(Sluice sluice) {
        enqueued(sluice);
        Run run = sluice.runOnce().last().blockOptional(LONGEST).orElseThrow();
        if (run.status() != RunStatus.SUCCEEDED) {
            throw new IllegalStateException("it ended " + run.status() + ": " + run.failure());
        }
    }

    private static void until(Statement look, int least) throws Exception {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (System.nanoTime() < end) {
            try (ResultSet row = look.executeQuery(LOCKS)) {
                row.next();
                if (row.getInt(1) > 0 == least > 0) {
                    return;
                }
            }
        }
        throw new IllegalStateException("its locks did not come or go within " + LONGEST);
    }

    private static double millis(long began) {
        return (System.nanoTime() - began) / 1e6;
    }
}
