package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.event.RunObserver;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.shard.Shard;
import io.sluice.shard.Turn;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Promise 5: the pipeline does one sub-batch for each one requested, on a real table. */
class DemandIsThePaceIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration FOR_A_WHILE = Duration.ofMillis(300);
    private static final String UPDATE =
            "update items set n = n + 1 where {batch} and (select pg_sleep(seconds) from pace) is not null";
    private static final int SIZE = 7;
    private static final int SUB_BATCHES = 40;

    private final Database database = TestDatabase.createDatabase();
    private final Shard shard = Shard.of("primary", database.connectionFactory());
    private final Ledger ledger = new Ledger(shard, Schedulers.parallel());

    static Stream<Named<Work>> works() {
        return Stream.of(
                Named.of("SQL", Work.sql(Source.table("items"), UPDATE)),
                Named.of("code", Work.code(Source.table("items"), batch -> batch.update(UPDATE))));
    }

    @AfterEach
    void close() {
        ledger.close().block(SOON);
    }

    @ParameterizedTest
    @MethodSource("works")
    void threeRequestedAreThreeDoneAndNoMore(Work work) {
        StepVerifier.create(subBatchesOf(work, 0), 0)
                .thenRequest(3)
                .expectNextCount(3)
                .expectNoEvent(FOR_A_WHILE)
                .then(() -> assertThat(rowsDone()).isEqualTo(3 * SIZE))
                .thenRequest(1)
                .expectNextCount(1)
                .expectNoEvent(FOR_A_WHILE)
                .then(() -> assertThat(rowsDone()).isEqualTo(4 * SIZE))
                .thenRequest(Long.MAX_VALUE)
                .expectNextCount(SUB_BATCHES - 4)
                .expectComplete()
                .verify(SOON);

        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(SIZE * SUB_BATCHES);
    }

    @ParameterizedTest
    @MethodSource("works")
    void lanesShareTheDemand(Work work) {
        StepVerifier.create(subBatchesOf(work, 0, 4), 0)
                .thenRequest(3)
                .expectNextCount(3)
                .expectNoEvent(FOR_A_WHILE)
                .then(() -> assertThat(rowsDone()).isEqualTo(3 * SIZE))
                .then(() -> assertThat(database.queryLong("select count(*) from sluice.lane where sub_batches > 0"))
                        .isEqualTo(3))
                .thenRequest(1)
                .expectNextCount(1)
                .expectNoEvent(FOR_A_WHILE)
                .then(() -> assertThat(rowsDone()).isEqualTo(4 * SIZE))
                .thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(it -> true)
                .expectComplete()
                .verify(SOON);

        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(SIZE * SUB_BATCHES);
    }

    @ParameterizedTest
    @MethodSource("works")
    void aLaneThatIsDoneAndTakesOfAnotherMakesNoDemandOfItsOwn(Work work) {
        // four lanes of ten sub-batches, in batches of one: who is done first finds something to take
        AtomicInteger got = new AtomicInteger();
        StepVerifier.Step<SubBatch> step =
                StepVerifier.create(subBatchesOf(work, 0, 4, 1).doOnNext(it -> got.addAndGet((int) it.seen())), 0);
        for (int request = 1; request <= SUB_BATCHES; request++) {
            step = step.thenRequest(1)
                    .expectNextCount(1)
                    .then(() -> assertThat(rowsDone())
                            .as("rows done, of those that were asked for")
                            .isLessThanOrEqualTo(got.get()));
        }
        step.thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(it -> true)
                .expectComplete()
                .verify(SOON);

        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(SIZE * SUB_BATCHES);
    }

    @ParameterizedTest
    @MethodSource("works")
    void cancellingEndsWhatIsInFlightInEveryLane(Work work) {
        Flux<SubBatch> subBatches = subBatchesOf(work, 20, 4);

        StepVerifier.create(subBatches, 0)
                .thenRequest(4)
                .then(() -> await().atMost(SOON).until(() -> backends() == 4))
                .thenCancel()
                .verify(SOON);

        await("no backend is left").atMost(Duration.ofSeconds(5)).until(() -> backends() == 0);
        assertThat(rowsDone()).isZero();
    }

    @ParameterizedTest
    @MethodSource("works")
    void cancellingEndsWhatIsInFlightOnTheServerToo(Work work) {
        Flux<SubBatch> subBatches = subBatchesOf(work, 20);

        StepVerifier.create(subBatches, 0)
                .thenRequest(2)
                .then(() -> await().atMost(SOON).until(() -> backends() == 1))
                .thenCancel()
                .verify(SOON);

        await("no backend is left").atMost(Duration.ofSeconds(5)).until(() -> backends() == 0);
        assertThat(rowsDone()).isZero();
        database.execute("update pace set seconds = 0");
        StepVerifier.create(subBatches)
                .expectNextCount(SUB_BATCHES)
                .expectComplete()
                .verify(SOON);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(SIZE * SUB_BATCHES);
    }

    private Flux<SubBatch> subBatchesOf(Work work, int seconds) {
        return subBatchesOf(work, seconds, 1);
    }

    private Flux<SubBatch> subBatchesOf(Work work, int seconds, int lanes) {
        return subBatchesOf(work, seconds, lanes, 10);
    }

    /** @param batch sub-batches of a batch */
    private Flux<SubBatch> subBatchesOf(Work work, int seconds, int lanes, int batch) {
        database.execute(
                "create table pace (seconds double precision)",
                "insert into pace values (%d)".formatted(seconds),
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, %d)".formatted(SIZE * SUB_BATCHES));
        DataMigration migration = DataMigration.of("count-up", work);
        HeldRun held = held(claimed(migration, lanes, batch));
        DataRunWork driven = new DataRunWork(new DataRunContext(
                ledger,
                DataSettings.DEFAULTS,
                new FailureReport(false),
                Throttle.none(),
                RunObserver.NONE,
                Map.of(migration.name(), migration),
                Duration.ofMinutes(1),
                Schedulers.parallel(),
                new Random(1)));
        return driven.prepare(held).flatMapMany(prepared -> driven.subBatches(held, prepared));
    }

    private Run claimed(DataMigration migration, int lanes, int batch) {
        Sluice sluice = Sluice.builder().shard(shard).migrations(migration).build();
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of(migration.name())
                        .settings(it -> it.withBatchSize(batch * SIZE)
                                .withSubBatchSize(SIZE)
                                .withLanes(lanes)))
                .blockLast(SOON);
        sluice.close().block(SOON);
        return ledger.runs()
                .claim(RunKind.DATA, "test", List.of(migration.name()), 1, Duration.ofMinutes(1))
                .blockLast(SOON);
    }

    private static HeldRun held(Run run) {
        return new HeldRun(
                run,
                new Lease(run.id(), run.lease().token(), run.lease().owner()),
                Mono.never(),
                Mono.never(),
                Turn.FREE);
    }

    private long rowsDone() {
        return database.queryLong("select count(*) from items where n > 0");
    }

    private long backends() {
        return database.queryLong("""
                select count(*) from pg_stat_activity
                 where datname = current_database() and application_name like 'sluice run %' and state <> 'idle'
                """);
    }
}
