package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How docs/guides/data-migrations.md has runs begin and end. */
class EnqueueingGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SQL = "engine/src/test/resources/io/sluice/docs/enqueueing.sql";

    private final Database database = TestDatabase.createDatabase();

    // tag::declared-settings[]
    private final DataMigration plusOne = DataMigration.of(
                    "plus-one", Work.sql(Source.table("users"), "update users set n = n + 1 where {batch}"))
            .with(settings -> settings.withBatchSize(5_000).withSubBatchSize(500));
    // end::declared-settings[]

    private final Sluice sluice = Sluice.builder()
            .shard("main", database.connectionFactory())
            .migrations(plusOne)
            .build();

    @BeforeEach
    void install() {
        database.execute(
                "create table users (id bigint primary key, n int not null default 0)",
                "insert into users select n from generate_series(1, 3000) n");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void settingsOfOneRun() {
        // tag::settings[]
        Enqueue gentle = Enqueue.of("plus-one")
                .settings(settings -> settings.withSubBatchSize(200).withSubBatchPause(Duration.ofMillis(50)));
        // end::settings[]
        RunId run = enqueue(gentle).run().id();

        // tag::change[]
        Mono<BatchSettings> faster = sluice.changeSettings(run, settings -> settings.withSubBatchPause(Duration.ZERO));
        // end::change[]
        BatchSettings changed = faster.block(SOON);

        assertThat(changed).isEqualTo(new BatchSettings(5_000, 200, Sizing.FIXED, Duration.ZERO, Duration.ZERO, 5, 1));
        assertThat(enqueue(Enqueue.of("plus-one")).created()).isFalse();
    }

    @Test
    void delayedUntilItIsApproved() {
        // tag::delayed[]
        Enqueued waiting =
                sluice.enqueue(Enqueue.of("plus-one").delayed()).single().block();

        Run approved = sluice.approve(waiting.run().id()).block();
        // end::delayed[]

        assertThat(waiting.run().status()).isEqualTo(RunStatus.DELAYED);
        assertThat(approved.status()).isEqualTo(RunStatus.ENQUEUED);
    }

    @Test
    void inlineAgainAndRemove() {
        // tag::inline[]
        sluice.enqueue(Enqueue.of("plus-one").inline()).blockLast();
        // end::inline[]
        // tag::again[]
        sluice.enqueue(Enqueue.of("plus-one").again().inline()).blockLast();
        // end::again[]

        assertThat(count("users where n = 2")).isEqualTo(3000);

        // tag::remove[]
        sluice.remove("plus-one", Arguments.none()).blockLast();
        // end::remove[]

        assertThat(count("sluice.run")).isZero();
    }

    @Test
    void finishedByADeploy() {
        enqueue(Enqueue.of("plus-one").settings(it -> it.withSubBatchPause(Duration.ofHours(1))));

        // tag::gate[]
        sluice.finish("plus-one", Arguments.none()).blockLast();
        RunGroup group = sluice.ensureSucceeded("plus-one", Arguments.none()).block();
        // end::gate[]

        assertThat(group.counts()).containsEntry(RunGroup.Status.SUCCEEDED, 1L);
        assertThat(count("users where n = 1")).isEqualTo(3000);
    }

    @Test
    void asPartOfATransaction() {
        // tag::joining[]
        Mono<Enqueued> together = Mono.usingWhen(
                database.connectionFactory().create(),
                connection -> Mono.from(connection.beginTransaction())
                        .thenMany(connection
                                .createStatement("alter table users add column m integer")
                                .execute())
                        .flatMap(Result::getRowsUpdated)
                        .then(sluice.enqueue(Enqueue.of("plus-one").joining(connection))
                                .single())
                        .flatMap(enqueued ->
                                Mono.from(connection.commitTransaction()).thenReturn(enqueued)),
                Connection::close);
        // end::joining[]
        Enqueued enqueued = together.block(SOON);

        assertThat(enqueued.created()).isTrue();
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void fromPlainSql() {
        database.execute(Pages.region(SQL + "#migration"));
        Flux<Run> done = sluice.runOnce();

        assertThat(done.collectList().block(SOON)).singleElement().satisfies(run -> {
            assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
            assertThat(run.attempts().max()).isEqualTo(3);
        });
        assertThat(count("users where n = 1")).isEqualTo(1001);
        assertThat(count(
                        "sluice.data_run where batch_size = 5000 and sub_batch_size = 100 and sub_batch_pause_ms = 20"))
                .isEqualTo(1);
    }

    private Enqueued enqueue(Enqueue order) {
        return sluice.enqueue(order).single().block(SOON);
    }

    private long count(String what) {
        return database.queryLong("select count(*) from " + what);
    }
}
