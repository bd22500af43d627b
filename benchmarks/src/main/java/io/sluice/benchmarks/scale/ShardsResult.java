package io.sluice.benchmarks.scale;

import static io.sluice.benchmarks.scale.Report.rounded;

import io.sluice.benchmarks.scale.Report.Column;
import java.time.Duration;
import java.util.List;

/**
 * What it took to bring many shards to their end, by the clock of the server from the start of the workers.
 *
 * @param heapMiB after a collection of garbage, at the largest sample
 * @param threads of this process at one time, at most
 * @param connections of Sluice at one time, at most, as sampled
 * @param enqueueSeconds before the start: the ledgers installed and the migration enqueued, on all of them
 * @param lastFirstSeconds until the last of the shards had done its first sub-batch
 * @param seconds until the last run ended
 * @param fairness the share of {@code seconds} after which all shards had begun: near 1 where each is done in one turn, near 0 where
 *     all of them go on side by side
 * @param turnsPerShard how often a run was claimed, in the mean
 * @param notSucceeded runs that ended otherwise
 * @param wrongRows those that were not done exactly once
 */
record ShardsResult(
        int shards,
        double heapMiB,
        int threads,
        long connections,
        double enqueueSeconds,
        double lastFirstSeconds,
        double seconds,
        double fairness,
        double turnsPerShard,
        double rowsPerSecond,
        long notSucceeded,
        long wrongRows) {

    /** What this process has used; the rest is asked of the databases. */
    record Used(long heapBytes, int threads, long connections) {}

    /** Times of the parts, one after the other. */
    record Times(Duration enqueueing, Duration untilLastFirst, Duration working) {}

    static ShardsResult of(ManyShards many, Used used, Times times) {
        double seconds = times.working.toNanos() / 1e9;
        double lastFirst = times.untilLastFirst.toNanos() / 1e9;
        long turns = many.sum(
                "select count(*) from sluice_%1$d.event where kind = 'STATUS' and detail ->> 'to' = 'RUNNING'");
        return new ShardsResult(
                many.shards(),
                Jvm.mebibytes(used.heapBytes),
                used.threads,
                used.connections,
                rounded(times.enqueueing.toNanos() / 1e9),
                rounded(lastFirst),
                rounded(seconds),
                rounded(lastFirst / seconds),
                rounded((double) turns / many.shards()),
                rounded((double) many.shards() * many.rows() / seconds),
                many.sum("select count(*) from sluice_%1$d.run where status <> 'SUCCEEDED'"),
                many.sum("select " + many.rows() + " - count(*) from app_%1$d.items where n = 1"));
    }

    boolean isRight() {
        return wrongRows == 0 && notSucceeded == 0;
    }

    static List<Column<ShardsResult>> columns() {
        return List.of(
                new Column<>("shards", "%,d", it -> it.shards),
                new Column<>("heap MiB", "%.1f", it -> it.heapMiB),
                new Column<>("threads", "%d", it -> it.threads),
                new Column<>("connections", "%d", it -> it.connections),
                new Column<>("enqueue s", "%.2f", it -> it.enqueueSeconds),
                new Column<>("last first s", "%.2f", it -> it.lastFirstSeconds),
                new Column<>("s", "%.2f", it -> it.seconds),
                new Column<>("fairness", "%.2f", it -> it.fairness),
                new Column<>("turns/shard", "%.2f", it -> it.turnsPerShard),
                new Column<>("rows/s", "%,.0f", it -> it.rowsPerSecond),
                new Column<>("not succeeded", "%,d", it -> it.notSucceeded),
                new Column<>("wrong rows", "%,d", it -> it.wrongRows));
    }
}
