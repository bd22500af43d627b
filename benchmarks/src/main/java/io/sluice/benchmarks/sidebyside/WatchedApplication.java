package io.sluice.benchmarks.sidebyside;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.webflux.api.ServedProgress;
import java.time.Duration;

/** An application in this JVM: its worker does the backfill, and its progress is served over HTTP. */
final class WatchedApplication implements AutoCloseable {

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Server server;
    private final Workload workload;
    private final Sluice sluice;
    private final ServedProgress served;

    private WatchedApplication(Server server, Workload workload, Sluice sluice, ServedProgress served) {
        this.server = server;
        this.workload = workload;
        this.sluice = sluice;
        this.served = served;
    }

    static WatchedApplication start(Server server, Workload workload) {
        Sluice sluice = Sluice.builder()
                .shard("primary", server.r2dbc())
                .migrations(DataMigration.of("watched", Work.sql(Source.table("items"), workload.statement("{batch}")))
                        .with(it -> it.withBatchSize(10_000).withSubBatchSize(workload.batch())))
                .build();
        sluice.install().then(sluice.start()).block(LONGEST);
        return new WatchedApplication(server, workload, sluice, ServedProgress.of(sluice));
    }

    /**
     * One whole backfill.
     *
     * @param ends readers that saw it succeed
     * @param seconds by the clock of the database, from the begin of the work to its end
     */
    record Watched(int ends, double seconds) {}

    /** Begins when each reader has its first event, and is done when each has its last; fails when one does not see it succeed. */
    Watched run(int readers) throws Exception {
        workload.reset(server);
        RunId run = enqueued();
        try (ReadersProcess reading = readers(run, readers)) {
            reading.awaitBegin();
            sluice.approve(run).block(LONGEST);
            succeeded(run);
            int ends = reading.awaitEnd();
            workload.verify(server, "a run with " + readers + " readers");
            return new Watched(
                    ends,
                    Double.parseDouble(server.text(
                            "select extract(epoch from finished_at - started_at) from sluice.run where id = "
                                    + run.number())));
        }
    }

    /** Waits for approval. */
    RunId enqueued() {
        return sluice.enqueue(Enqueue.of("watched").again().delayed())
                .single()
                .map(it -> it.run().id())
                .blockOptional(LONGEST)
                .orElseThrow();
    }

    void cancel(RunId run) {
        sluice.cancel(run).block(LONGEST);
    }

    ReadersProcess readers(RunId run, int readers) throws Exception {
        return ReadersProcess.start(
                served.port(), "/sluice/api/runs/" + run.shard() + "/" + run.number() + "/progress", readers);
    }

    /** Looks at the run itself: who follows its progress is a reader. */
    private void succeeded(RunId run) {
        Run over = sluice.run(run)
                .repeatWhen(it -> it.delayElements(LOOK))
                .filter(it -> it.status().isTerminal() || it.status() == RunStatus.FAILED)
                .next()
                .blockOptional(LONGEST)
                .orElseThrow();
        if (over.status() != RunStatus.SUCCEEDED) {
            throw new IllegalStateException("it ended " + over.status() + ": " + over.failure());
        }
    }

    @Override
    public void close() {
        served.close();
        sluice.close().block(LONGEST);
    }
}
