package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** A sub-batch becomes as large as fits into its time; under pressure that is less. A row takes at least a millisecond here. */
class SizeFollowsTimeIT {

    private static final int ROWS = 600;
    private static final Sizing WITHIN_40_MS = Sizing.ADAPTIVE.within(1, 20_000).withTarget(Duration.ofMillis(40));

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @BeforeEach
    void slowRows() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items select g from generate_series(1, " + ROWS + ") g",
                "create function slow() returns boolean language plpgsql volatile as"
                        + " $$ begin perform pg_sleep(0.001); return true; end $$");
    }

    @Test
    void oneThatTookFarTooLongIsCutAndTheNextOnesFit() {
        run(Throttle.none());

        assertThat(database.queryLong("select sub_batches from sluice.lane")).isGreaterThan(ROWS / 40 / 2);
        assertThat(database.queryLong("select size from sluice.lane")).isBetween(1L, 40L);
    }

    @Test
    void underPressureTheyShrinkToFiveMilliseconds() {
        run(asked -> Mono.just(new Throttle.Slow(0.99, "the disk is warm")));

        assertThat(database.queryLong("select size from sluice.lane")).isBetween(1L, 5L);
    }

    @Test
    void whoTakesTheRunUpAgainBeginsWithTheSizeThatWasLearned() {
        database.execute("insert into items select g from generate_series(" + (ROWS + 1) + ", 20000) g");
        Sluice first = sluice(Throttle.none());
        RunId run = first.enqueue(Enqueue.of("slow").settings(it -> it.withSubBatchSize(300, WITHIN_40_MS)))
                .blockLast(SOON)
                .run()
                .id();
        first.start().block(SOON);
        Watched.within(
                SOON,
                "a size is learned",
                () -> database.queryLong("select coalesce(max(size), 300) from sluice.lane") <= 40);
        first.close().block(SOON);
        long before = database.queryLong("select rows_seen from sluice.lane");
        long subBatches = database.queryLong("select sub_batches from sluice.lane");

        Sluice second = sluice(Throttle.none());
        second.start().block(SOON);
        Watched.within(
                SOON,
                "the next holder goes on",
                () -> database.queryLong("select sub_batches from sluice.lane") > subBatches);

        assertThat(database.queryLong(
                        "select (rows_seen - " + before + ") / (sub_batches - " + subBatches + ") from sluice.lane"))
                .as("rows of a sub-batch, where the settings say 300")
                .isBetween(1L, 80L);
        second.cancel(run).block(SOON);
    }

    @Test
    void aFixedSizeStays() {
        Sluice sluice = sluice(Throttle.none());
        sluice.enqueue(Enqueue.of("slow").settings(it -> it.withSubBatchSize(300)))
                .blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select sub_batches from sluice.lane")).isEqualTo(2);
    }

    private void run(Throttle throttle) {
        Sluice sluice = sluice(throttle);
        sluice.enqueue(Enqueue.of("slow").settings(it -> it.withSubBatchSize(300, WITHIN_40_MS)))
                .blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(ROWS);
    }

    private Sluice sluice(Throttle throttle) {
        Sluice sluice = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .throttle(throttle)
                .migrations(DataMigration.of(
                        "slow", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch} and slow()")))
                .build());
        sluice.install().block(SOON);
        return sluice;
    }
}
