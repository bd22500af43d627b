package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceMetrics;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** The meters of a run that had trouble agree with what the ledger says of it. */
class MetersTellIT {

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final MeterRegistry meters = new SimpleMeterRegistry();

    @Test
    void howLongItWasThrottledWhatWasSplitAndWhatIsInQuarantine() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 200)",
                "alter table items add check (n = 0 or id not in (13, 130)) not valid");
        AtomicInteger asks = new AtomicInteger();
        Sluice sluice = story.kept(Sluice.builder()
                .shard("main", database.connectionFactory())
                .throttle(asked -> Mono.fromSupplier(() -> asks.incrementAndGet() < 5
                        ? new Throttle.Wait("it is too early", Duration.ofMillis(50))
                        : new Throttle.Permit()))
                .migrations(DataMigration.of(
                                "plus-one", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}"))
                        .with(it -> it.withBatchSize(100).withSubBatchSize(50).withBatchAttempts(1)))
                .metrics(SluiceMetrics.of(meters))
                .build());
        sluice.install().block(SOON);
        long began = System.nanoTime();
        Run enqueued = sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON).run();
        sluice.start().block(SOON);
        new Watched(database, enqueued.id()).awaitStatus(RunStatus.FAILED, SOON);
        double took = (System.nanoTime() - began) / 1e9;

        assertThat(count("quarantined.rows"))
                .isEqualTo((double) database.queryLong("select count(*) from sluice.quarantine"))
                .isEqualTo(2);
        assertThat(count("split.batches"))
                .isEqualTo((double) database.queryLong("select count(*) from sluice.event where kind = 'BATCH_SPLIT'"))
                .isPositive();
        assertThat(count("throttled")).as("seconds throttled").isBetween(0.02, took);
        assertThat(count("throttled"))
                .as("seconds throttled, as the ledger has them")
                .isCloseTo(database.queryLong("select throttled_ms from sluice.data_run") / 1e3, within(0.01));
        assertThat(count("changed.rows")).isEqualTo(198);
    }

    @Test
    void whoLetsGoOfARunLeavesItThrottledForTheNextOne() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 20000)");
        Sluice sluice = story.kept(Sluice.builder()
                .shard("main", database.connectionFactory())
                .throttle(asked -> Mono.just(new Throttle.Slow(0.5, "the disk is warm")))
                .migrations(DataMigration.of(
                                "plus-one",
                                Work.sql(
                                        Source.table("items"),
                                        "update items set n = n + 1 where {batch} and (select pg_sleep(0.005)) is not null"))
                        .with(it -> it.withBatchSize(100).withSubBatchSize(10)))
                .build());
        sluice.install().block(SOON);
        Watched run = new Watched(
                database,
                sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON).run().id());
        sluice.start().block(SOON);
        run.awaitProgress(SOON);
        sluice.stop().block(SOON);

        sluice.start().block(SOON);
        run.awaitProgress(SOON);
        Watched.within(
                SOON, "its time is told", () -> database.queryLong("select throttled_ms from sluice.data_run") > 0);
        sluice.stop().block(SOON);

        assertThat(database.query("select kind from sluice.event where kind like '%THROTTLED'"))
                .as("what was told of it, with two holders")
                .containsExactly(List.of("THROTTLED"));
    }

    private double count(String name) {
        return meters.get("sluice." + name)
                .tags("shard", "main", "migration", "plus-one")
                .counter()
                .count();
    }
}
