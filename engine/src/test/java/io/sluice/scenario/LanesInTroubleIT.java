package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** What happens to a run happens to all of its lanes: a throttle, a finish in the foreground, a bad row, a holder that is gone. */
class LanesInTroubleIT {

    private static final int LANES = 3;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final AtomicReference<Throttle.Decision> decision = new AtomicReference<>(new Throttle.Permit());

    @ParameterizedTest
    @EnumSource
    void aThrottleStopsAllOfThemWithinASecondAndItsTimeIsCountedOnce(PlusOne form) {
        Sluice sluice = throttled(form);
        Watched run = enqueued(sluice, form, 6_000);
        PlusOne.pace(database, Duration.ofMillis(20));
        sluice.start().block(SOON);
        run.awaitProgress(SOON);

        decision.set(new Throttle.Wait("the disk is full", Duration.ofMillis(50)));
        Watched.within(Duration.ofSeconds(1), "none works", () -> run.backends("active", "idle in transaction") == 0);
        long stood = System.nanoTime();
        long done = form.done(database);
        Progress throttled = sluice.progress(run.id())
                .filter(it ->
                        "the disk is full".equals(it.reason()) && it.throttled().toMillis() > 500)
                .blockFirst(SOON);
        Duration atMost = Duration.ofNanos(System.nanoTime() - stood).plusSeconds(1);

        assertThat(form.done(database)).isEqualTo(done);
        assertThat(throttled.throttled())
                .as("time in which it did nothing, once for all lanes")
                .isLessThanOrEqualTo(atMost);
        decision.set(new Throttle.Permit());
        story.hurry(sluice, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        form.assertEveryRowOnce(database);
    }

    @ParameterizedTest
    @EnumSource
    void whoFinishesARunInTheForegroundWorksInAllOfThem(PlusOne form) {
        Sluice sluice = story.instance("one");
        Watched run = enqueued(sluice, form, 3_000);
        PlusOne.pace(database, Duration.ofMillis(10));
        sluice.start().block(SOON);
        run.awaitProgress(SOON);
        Mono<Run> finishing = sluice.finish(run.id()).cache();
        finishing.subscribe();

        Watched.within(
                SOON,
                "all lanes are at work for whoever finishes it",
                () -> run.status().equals("FINISHING") && run.backends("active", "idle in transaction") == LANES);
        story.hurry(sluice, run);

        assertThat(finishing.block(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        form.assertEveryRowOnce(database);
    }

    @Test
    void badRowsInALaneThatIsBeingHalvedStandAlone() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 900)",
                // the last third is slow, and has the bad rows: the others are done soon and take of it
                "create function slow(id bigint) returns boolean language plpgsql volatile as $$ begin"
                        + " if id > 600 then perform pg_sleep(0.004); end if;"
                        + " if id in (640, 777, 899) then raise exception 'bad row' using errcode = '22012'; end if;"
                        + " return true; end $$");
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.sql(
                                        Source.table("items"), "update items set n = n + 1 where {batch} and slow(id)"))
                        .with(it -> it.withBatchSize(20)
                                .withSubBatchSize(10)
                                .withLanes(LANES)
                                .withBatchAttempts(1)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one").settings(it -> it)).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.failure().message()).startsWith("QUARANTINED").contains("3");
        assertThat(database.queryString("select string_agg(key[1], ' ' order by key[1]) from sluice.quarantine"))
                .isEqualTo("640 777 899");
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(897);
        assertThat(database.queryLong("select count(*) from items where n > 1")).isZero();
        assertThat(database.queryLong("select count(*) from sluice.lane where number >= " + LANES))
                .as("lanes that were taken of others")
                .isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void aHolderThatIsFrozenInAllOfThemIsCutOffInAllOfThem(PlusOne form) {
        Duration subBatch = form == PlusOne.SQL ? Duration.ofSeconds(25) : Story.LEASE.dividedBy(3);
        Sluice successor = story.instance("successor");
        Watched run = enqueued(successor, form, 3_000);
        PlusOne.pace(database, Duration.ofMillis(10));
        ChildWorker frozen = story.child("frozen");
        run.awaitProgress(Story.ONCE_STARTED);
        PlusOne.pace(database, subBatch);
        Watched.within(SOON, "all are in a sub-batch", () -> run.backends("active", "idle in transaction") == LANES);
        frozen.freeze();
        PlusOne.pace(database, Duration.ofMillis(5));
        long done = form.done(database);

        successor.start().block(SOON);
        Watched.within(
                Story.LEASE.plusSeconds(20),
                "all lanes go on",
                () -> form.done(database) > done && lanesOf(run) == LANES);
        frozen.thaw();
        story.hurry(successor, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        Watched.within(SOON, "nothing of it is on its way any more", () -> run.backends("active") == 0);

        form.assertEveryRowOnce(database);
    }

    /** Lanes that the present holder has taken. */
    private long lanesOf(Watched run) {
        return database.queryLong(
                "select count(*) from sluice.lane where run_id = " + run.id().number() + " and token = " + run.token());
    }

    private Sluice throttled(PlusOne form) {
        return story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .throttle(asked -> Mono.fromSupplier(decision::get))
                .migrations(form.migration())
                .build());
    }

    private Watched enqueued(Sluice sluice, PlusOne form, int rows) {
        form.create(database, rows);
        sluice.install().block(SOON);
        Run run = sluice.enqueue(form.enqueue(10)
                        .settings(
                                it -> it.withBatchSize(100).withSubBatchSize(10).withLanes(LANES)))
                .blockLast(SOON)
                .run();
        return new Watched(database, run.id());
    }
}
