package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thousand shards in one JVM of 128 MB: fifty databases with twenty ledgers each. {@link SharedBudgetIT} is its quick sister. */
@EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
class ThousandShardsIT {

    private static final Logger LOG = LoggerFactory.getLogger(ThousandShardsIT.class);

    private static final int DATABASES = 50;
    private static final int SCHEMAS = 20;
    private static final int SHARDS = DATABASES * SCHEMAS;
    private static final int CONNECTIONS = 16;
    private static final int LOOKS = 8;
    private static final int THREADS = 40;
    private static final Duration AT_MOST = Duration.ofMinutes(20);

    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong atWork = new AtomicLong();

    @Test
    void allComeToTheirEndWithinTheBudgetAndNoneStarves() {
        // three sub-batches, each longer than half a turn: nobody is done in one turn
        ManyShards many = ManyShards.created(DATABASES, SCHEMAS, 60);
        many.pace(0.06);
        try (ChildWorker worker = started(many)) {
            await("enqueued everywhere", many, worker, () -> said(worker, "enqueued"));
            connections.set(0);
            await("all are done", many, worker, () -> many.runs("SUCCEEDED") == SHARDS);

            many.assertEveryRowOnce();
            long began = many.millis("least", ManyShards.firstTime("RUNNING"));
            long lastBegan = many.millis("greatest", ManyShards.firstTime("RUNNING")) - began;
            long took = many.millis("greatest", ManyShards.firstTime("SUCCEEDED")) - began;
            List<Long> threads = samples(worker, "threads ");
            LOG.info(
                    "{} shards: connections {} at most, sub-batches at one time {}, threads {}, heap {} MiB, first sub-batch of the"
                            + " last shard after {} of {} ms, {} turns",
                    SHARDS,
                    connections,
                    atWork,
                    greatest(threads),
                    greatest(samples(worker, "heap ")) >> 20,
                    lastBegan,
                    took,
                    many.sum("select count(*) from sluice_%1$d.event where detail ->> 'to' = 'RUNNING'"));
            assertThat(greatest(threads)).as("threads").isLessThan(THREADS);
            assertThat(connections.get()).as("connections").isBetween(1L, 5L * CONNECTIONS + 4L * LOOKS);
            assertThat(atWork.get()).as("sub-batches at one time").isBetween(1L, (long) CONNECTIONS);
            assertThat(lastBegan).as("ms until the last shard began").isLessThan(took * 2 / 3);

            // with so many there is always one that is looked at
            Watched.within(AT_MOST, "only looks are left", () -> many.connections() <= LOOKS);
            connections.set(0);
            long until = System.nanoTime() + Duration.ofSeconds(35).toNanos();
            Watched.within(AT_MOST, "a round of polls", () -> seen(many) && System.nanoTime() > until);
            LOG.info("{} idle shards: connections {} at most", SHARDS, connections);
            assertThat(connections.get()).as("connections while polling").isBetween(1L, LOOKS + 4L);
        }
    }

    private static ChildWorker started(ManyShards many) {
        List<String> arguments = new ArrayList<>(List.of("" + SCHEMAS, "" + CONNECTIONS, "" + LOOKS, "100"));
        many.databases().stream().map(Database::url).forEach(arguments::add);
        return ChildWorker.start(ShardsProcess.class, arguments, "-Xmx128m");
    }

    /** Connections are looked at often, the thousand ledgers every two seconds. */
    private void await(String fact, ManyShards many, ChildWorker worker, Callable<Boolean> look) {
        AtomicLong next = new AtomicLong(System.nanoTime());
        Watched.within(AT_MOST, fact, () -> {
            assertThat(worker.isAlive()).as("%s", worker.said()).isTrue();
            seen(many);
            boolean due = System.nanoTime() > next.get();
            if (!due) {
                return false;
            }
            next.set(System.nanoTime() + Duration.ofSeconds(2).toNanos());
            return look.call();
        });
    }

    private boolean seen(ManyShards many) {
        connections.accumulateAndGet(many.connections(), Math::max);
        atWork.accumulateAndGet(many.atWork(), Math::max);
        return true;
    }

    private static boolean said(ChildWorker worker, String line) {
        return worker.said().contains(line);
    }

    private static List<Long> samples(ChildWorker worker, String name) {
        return worker.said().stream()
                .filter(line -> line.startsWith(name))
                .map(line -> Long.parseLong(line.substring(name.length())))
                .toList();
    }

    private static long greatest(List<Long> samples) {
        return samples.stream().mapToLong(it -> it).max().orElseThrow();
    }
}
