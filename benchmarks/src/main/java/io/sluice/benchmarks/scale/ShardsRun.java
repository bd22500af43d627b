package io.sluice.benchmarks.scale;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.shard.Budget;
import io.sluice.shard.Shard;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The same small migration on many shards, worked on by one Sluice.
 *
 * @param shards how many
 * @param rows of each shard
 * @param connections of the budget: shards that are worked on at one time
 * @param turn of the budget, in ms: how long a run keeps its connection while others wait for one
 * @param pace how long each sub-batch sleeps in the database, in ms; 0: it does not
 */
record ShardsRun(Target server, int shards, int rows, int connections, int turn, int pace) {

    /** Rows of a transaction: some sub-batches for each shard, so that it can be seen who waits for whom. */
    static final int SUB_BATCH = 20;

    private static final Duration LONGEST = Duration.ofHours(12);
    private static final Duration HEAP_SAMPLE = Duration.ofSeconds(2);
    private static final Duration CONNECTIONS_SAMPLE = Duration.ofMillis(50);
    private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(2);

    ShardsResult measured() throws InterruptedException {
        try (ManyShards many = ManyShards.created(server, shards, rows)) {
            Sluice sluice = sluice(many.declared());
            try {
                long began = System.nanoTime();
                sluice.install().block(LONGEST);
                sluice.enqueue(Enqueue.of("plus-one").settings(it -> it.withSubBatchSize(SUB_BATCH)))
                        .then()
                        .block(LONGEST);
                return worked(sluice, many, Duration.ofNanos(System.nanoTime() - began));
            } finally {
                sluice.close().block(LONGEST);
            }
        }
    }

    private ShardsResult worked(Sluice sluice, ManyShards many, Duration enqueueing) throws InterruptedException {
        try (Largest heap = Largest.of("heap", HEAP_SAMPLE, Jvm::heapAfterCollection);
                Observer observer = many.connections();
                Largest sessions = Largest.of("connections", CONNECTIONS_SAMPLE, observer::number)) {
            Jvm.forgetThreads();
            long began = many.nowMicros();
            sluice.start().block(LONGEST);
            awaitOver(many);
            int threads = Jvm.mostThreads();
            long connections = sessions.end();
            long most = heap.end();
            // what never came to it, which is told as wrong, has lasted until now
            long firsts = many.latestMicros(
                    "select coalesce(max(done_at), clock_timestamp()) from app_%1$d.items where id <= " + SUB_BATCH);
            long ended = many.latestMicros("select coalesce(max(finished_at), clock_timestamp()) from sluice_%1$d.run");
            return ShardsResult.of(
                    many,
                    new ShardsResult.Used(most, threads, connections),
                    new ShardsResult.Times(enqueueing, micros(firsts - began), micros(ended - began)));
        }
    }

    /** A look at all databases takes time from the work, so the longer it takes the seldomer they are looked at. */
    private static void awaitOver(ManyShards many) throws InterruptedException {
        List<Integer> underWay = new ArrayList<>(
                IntStream.range(0, many.databases().size()).boxed().toList());
        long began = System.nanoTime();
        while (!underWay.isEmpty()) {
            long pause = (System.nanoTime() - began) / 10;
            TimeUnit.NANOSECONDS.sleep(Math.min(Math.max(pause, SHORTEST_PAUSE), LONGEST_PAUSE));
            underWay.removeIf(database -> many.sum(
                            database,
                            "select count(*) from sluice_%1$d.run where status not in ('SUCCEEDED', 'FAILED', 'CANCELLED')")
                    == 0);
        }
    }

    private Sluice sluice(List<Shard> declared) {
        SluiceBuilder builder = Sluice.builder()
                .migrations(migration())
                // all is enqueued before the start, so to listen or to poll would only be a load
                .worker(WorkerSettings.DEFAULTS.withListeners(0).withIdlePoll(Duration.ofSeconds(30)))
                .budget(Budget.DEFAULTS.withConnections(connections).withTurn(Duration.ofMillis(turn)));
        declared.forEach(builder::shard);
        return builder.build();
    }

    private DataMigration migration() {
        String sleep = pace == 0 ? "" : " and (select pg_sleep(" + pace / 1e3 + ")) is not null";
        return DataMigration.of(
                "plus-one",
                Work.sql(
                        Source.table("items"),
                        "update items set n = n + 1, done_at = clock_timestamp() where {batch}" + sleep));
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1000);
    }
}
