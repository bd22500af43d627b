package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Progress;
import io.sluice.run.RunId;
import io.sluice.shard.Budget;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shards side by side share a budget and take turns; {@link ThousandShardsIT} is the same with a thousand of them. */
class SharedBudgetIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int SHARDS = 20;
    private static final int ROWS = 60;
    private static final int CONNECTIONS = 3;
    private static final int LOOKS = 2;
    private static final Budget BUDGET =
            Budget.DEFAULTS.withConnections(CONNECTIONS).withLooks(LOOKS).withTurn(Duration.ofMillis(100));

    private final ManyShards many = ManyShards.created(2, SHARDS / 2, ROWS);
    private Sluice sluice = instance(BUDGET);

    private Sluice instance(Budget budget) {
        SluiceBuilder builder = Sluice.builder()
                .migrations(ManyShards.PLUS_ONE)
                .worker(WorkerSettings.DEFAULTS
                        .withListeners(0)
                        .withIdlePoll(Duration.ofSeconds(2))
                        .withWatch(Duration.ofMillis(100)))
                .budget(budget);
        many.shards().forEach(builder::shard);
        return builder.build();
    }

    @BeforeEach
    void install() {
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    private List<RunId> enqueued(int subBatchSize) {
        return sluice.enqueue(ManyShards.enqueue(subBatchSize))
                .map(Enqueued::run)
                .map(it -> it.id())
                .collectList()
                .block(SOON);
    }

    @Test
    void allTakeTurnsWithinTheBudgetAndTheIdleKeepNothingOpen() {
        many.pace(0.04);
        enqueued(10);
        Most atWork = new Most();
        Most connections = new Most();
        // who follows what happens opens no more
        List<SluiceEvent> followed = new CopyOnWriteArrayList<>();
        sluice.events().subscribe(followed::add);

        sluice.start().block(SOON);
        Watched.within(SOON, "all are done", () -> {
            atWork.saw(many.atWork());
            connections.saw(many.connections());
            return many.runs("SUCCEEDED") == SHARDS;
        });

        many.assertEveryRowOnce();
        assertThat(atWork.seen).as("sub-batches at one time").isBetween(1L, (long) CONNECTIONS);
        // a pool of four for each shard that is at work or looked at, and one more for each that is at work
        assertThat(connections.seen).as("connections").isBetween(1L, 5L * CONNECTIONS + 4L * LOOKS);
        assertThat(many.millis("least", ManyShards.firstTime("SUCCEEDED")))
                .as("the first run to end, which is not before the last one begins")
                .isGreaterThan(many.millis("greatest", ManyShards.firstTime("RUNNING")));
        assertThat(many.sum("select max(attempts) from sluice_%1$d.run"))
                .as("attempts that were spent")
                .isZero();

        Watched.within(SOON, "nothing is open", () -> many.connections() == 0);
        Most idle = new Most();
        long until = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        Watched.within(SOON, "two rounds of polls", () -> {
            idle.saw(many.connections());
            return System.nanoTime() > until;
        });
        assertThat(idle.seen).as("connections while polling").isBetween(1L, LOOKS + 2L);
        assertThat(followed.stream().filter(it -> it instanceof SluiceEvent.StatusChanged it2 && it2.isCompleted()))
                .as("ends that were told")
                .hasSize(SHARDS);
    }

    @Test
    void whoWaitsForAConnectionSaysSoAndThatIsNoThrottling() {
        many.pace(0.2);
        sluice.close().block(SOON);
        sluice = instance(BUDGET.withConnections(1).withTurn(Duration.ofMinutes(5)));
        List<RunId> runs = enqueued(1);

        sluice.start().block(SOON);
        Watched.within(
                SOON,
                "all but one wait",
                () -> runs.stream()
                                .map(this::progress)
                                .filter(it -> it.reason() != null
                                        && it.reason().contains("waits for its turn: all 1 connections"))
                                .count()
                        == SHARDS - 1);

        many.pace(0);
        assertThat(many.runs("RUNNING")).isEqualTo(1);
        assertThat(many.sum("select count(*) from sluice_%1$d.event where kind = 'THROTTLED'"))
                .isZero();
    }

    @Test
    void theRateHoldsOverAllShardsTogether() {
        int perSecond = 40;
        sluice.close().block(SOON);
        sluice = instance(
                Budget.DEFAULTS.withSubBatchesPerSecond(perSecond).withLooks(20).withConnections(SHARDS));
        List<RunId> runs = enqueued(10);

        sluice.start().block(SOON);
        Watched.within(SOON, "all are done", () -> many.runs("SUCCEEDED") == SHARDS);

        many.assertEveryRowOnce();
        long took = many.millis("greatest", "select max(done_at) from app_%1$d.items")
                - many.millis("least", "select min(done_at) from app_%1$d.items");
        long least = 1000L * SHARDS * (ROWS / 10 - 1) / perSecond;
        assertThat(took).as("ms for all sub-batches").isGreaterThan(least * 9 / 10);
        assertThat(runs).extracting(it -> progress(it).throttled()).containsOnly(Duration.ZERO);
    }

    @Test
    void aRunThatWaitsForTheRateSaysSo() {
        sluice.close().block(SOON);
        sluice = instance(BUDGET.withConnections(SHARDS).withSubBatchesPerSecond(4));
        List<RunId> runs = enqueued(10);

        sluice.start().block(SOON);

        Watched.within(
                SOON,
                "some run tells what it waits for",
                () -> runs.stream()
                        .map(this::progress)
                        .anyMatch(it ->
                                it.reason() != null && it.reason().contains("4 sub-batches a second over all shards")));
    }

    private Progress progress(RunId run) {
        return sluice.progress(run).blockFirst(SOON);
    }

    private static final class Most {
        private long seen;

        void saw(long now) {
            seen = Math.max(seen, now);
        }
    }
}
