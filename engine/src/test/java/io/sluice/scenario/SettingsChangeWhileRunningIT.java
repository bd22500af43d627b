package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** Settings that are changed while the run works hold from its next sub-batch. */
class SettingsChangeWhileRunningIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final AtomicReference<Mono<?>> beforeTheThird = new AtomicReference<>(Mono.empty());
    private Sluice sluice;

    /** How the work is stated. */
    enum Form {
        SQL((source, statement) -> Work.sql(source, statement)),
        CODE((source, statement) -> Work.code(source, batch -> batch.update(statement)));

        private final BiFunction<Source, String, Work> work;

        Form(BiFunction<Source, String, Work> work) {
            this.work = work;
        }
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @ParameterizedTest
    @EnumSource
    void theSizeOfASubBatchHoldsFromTheNextOne(Form form) {
        RunId run = enqueued(form, it -> it.withBatchSize(1000).withSubBatchSize(10));
        beforeTheThird.set(sluice.changeSettings(run, it -> it.withSubBatchSize(50)));

        Run done = sluice.runOnce().blockLast(SOON);

        assertThat(done.status()).as("%s", done.failure()).isEqualTo(RunStatus.SUCCEEDED);
        // it is changed while the second call is on its way, which may find the old size or the new one
        assertThat(database.queryString(
                        "select string_agg(rows::text, ' ' order by first) from (select count(*) as rows,"
                                + " min(id) as first from items group by xmin::text) s"))
                .isIn("10 50 50 50 40", "10 10 50 50 50 30", "10 10 10 50 50 50 20");
    }

    @ParameterizedTest
    @EnumSource
    void theSizeOfABatchHoldsFromTheNextBatch(Form form) {
        RunId run = enqueued(form, it -> it.withBatchSize(50).withSubBatchSize(10));
        beforeTheThird.set(sluice.changeSettings(run, it -> it.withBatchSize(100)));

        sluice.runOnce().blockLast(SOON);

        assertThat(database.queryString("select string_agg(rows_seen::text, ' ' order by id) from sluice.batch"))
                .isEqualTo("50 100 50");
    }

    @ParameterizedTest
    @EnumSource
    void aPauseIsRestedFromTheNextSubBatch(Form form) {
        RunId run = enqueued(form, it -> it.withBatchSize(1000).withSubBatchSize(10));
        beforeTheThird.set(sluice.changeSettings(
                run, it -> it.withSubBatchPause(Duration.ofMillis(150)).withSubBatchSize(40)));

        sluice.runOnce().blockLast(SOON);

        // after the third sub-batch at the latest: four more of 40 rows, three full rests between them at least
        assertThat(database.queryLong(
                        "select extract(milliseconds from finished_at - started_at)::int from sluice.batch"))
                .isGreaterThanOrEqualTo(450);
    }

    @Test
    void enqueueingAgainWithOtherSettingsChangesNothing() {
        RunId run = enqueued(Form.SQL, it -> it.withBatchSize(1000).withSubBatchSize(10));

        Enqueued second = sluice.enqueue(Enqueue.of("count").settings(it -> it.withSubBatchSize(99)))
                .blockLast(SOON);

        assertThat(second.created()).isFalse();
        assertThat(second.run().id()).isEqualTo(run);
        assertThat(database.queryLong("select sub_batch_size from sluice.data_run"))
                .isEqualTo(10);
    }

    private RunId enqueued(Form form, UnaryOperator<BatchSettings> settings) {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items select g, 0 from generate_series(1, 200) g");
        AtomicInteger asked = new AtomicInteger();
        sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                                "count",
                                form.work.apply(Source.table("items"), "update items set n = n + 1 where {batch}"))
                        .with(settings))
                .throttle(run -> (asked.incrementAndGet() == 3 ? beforeTheThird.get() : Mono.empty())
                        .then(Mono.just(new Throttle.Permit())))
                .build();
        sluice.install().block(SOON);
        return sluice.enqueue(Enqueue.of("count")).blockLast(SOON).run().id();
    }
}
