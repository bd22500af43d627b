package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.ItemSource;
import io.sluice.data.RowsQuarantinedException;
import io.sluice.data.Work;
import io.sluice.run.RetryPolicy;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Items of a source that is no table are taken over in their order, each once, from the cursor on after whatever happened. */
class ItemsOfACustomSourceIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int ITEMS = 25;

    private final Database database = TestDatabase.createDatabase();
    private final List<String> cursors = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void createTable() {
        database.execute(
                "create table taken (at bigint generated always as identity, item int unique check (item <> 13))");
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void everyItemIsTakenOnceInItsOrder() {
        Sluice sluice = sluice(new Pages());
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);
        database.execute("alter table taken drop constraint taken_item_check");

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryString("select string_agg(item::text, ' ' order by at) from taken"))
                .isEqualTo("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25");
        assertThat(cursors).startsWith("null", "{\"page\": 4}", "{\"page\": 8}");
        assertThat(sluice.progress(run.id()).blockLast(SOON).rowsSeen()).isEqualTo(ITEMS);
        assertThat(database.queryString("select string_agg(rows_seen::text, ' ' order by id) from sluice.batch"))
                .isEqualTo("12 12 1");
        sluice.close().block(SOON);
    }

    @Test
    void theItemThatFailsStandsAloneAndIsTakenWhenItsCauseIsMended() {
        Sluice sluice = sluice(new Pages());
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure().errorClass()).isEqualTo(RowsQuarantinedException.class.getName());
        assertThat(failed.failure().message()).contains("taken_item_check");
        assertThat(database.queryLong("select count(*) from taken where item <> 13"))
                .isEqualTo(ITEMS - 1);
        assertThat(database.queryString("select key[1] || ' behind ' || lower[1] from sluice.quarantine"))
                .isEqualTo("{\"page\": 13} behind {\"page\": 12}");

        database.execute("alter table taken drop constraint taken_item_check");
        cursors.clear();
        sluice.retry(failed.id()).block(SOON);
        Run done = sluice.runOnce().blockLast(SOON);

        assertThat(done.status()).as("%s", done.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(cursors).containsExactly("{\"page\": 12}");
        assertThat(database.queryLong("select count(*) from taken")).isEqualTo(ITEMS);
        sluice.close().block(SOON);
    }

    @Test
    void aSourceThatFailsSpendsAttemptsAndLosesNothing() {
        AtomicInteger failures = new AtomicInteger();
        database.execute("alter table taken drop constraint taken_item_check");
        Sluice sluice = sluice(new Pages() {
            @Override
            public Publisher<Item<Integer>> after(@Nullable String cursor) {
                return "{\"page\": 8}".equals(cursor) && failures.incrementAndGet() < 3
                        ? Flux.error(new IllegalStateException("the API is away"))
                        : super.after(cursor);
            }
        });
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(failures).hasValue(3);
        assertThat(database.queryLong("select count(*) from taken")).isEqualTo(ITEMS);
        assertThat(database.queryLong("select count(*) from sluice.event where kind = 'BATCH_FAILED'"))
                .isEqualTo(2);
        sluice.close().block(SOON);
    }

    @Test
    void aSourceThatIsAwayForLongFailsTheRunAndBlamesNoItem() {
        database.execute("alter table taken drop constraint taken_item_check");
        Sluice sluice = sluice(new Pages() {
            @Override
            public Publisher<Item<Integer>> after(@Nullable String cursor) {
                return "{\"page\": 8}".equals(cursor)
                        ? Flux.error(new IllegalStateException("too many requests"))
                        : super.after(cursor);
            }
        });
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().message()).contains("too many requests");
        assertThat(database.queryLong("select count(*) from sluice.quarantine")).isZero();
        assertThat(database.queryLong("select max(item) from taken")).isEqualTo(8);
        sluice.close().block(SOON);
    }

    @Test
    void anItemThatIsNotWhereItWasStaysInQuarantine() {
        boolean[] shifted = {false};
        Sluice sluice = sluice(new Pages() {
            @Override
            public Publisher<Item<Integer>> after(@Nullable String cursor) {
                return shifted[0] ? Flux.empty() : super.after(cursor);
            }
        });
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);
        Run failed = sluice.runOnce().blockLast(SOON);
        shifted[0] = true;
        database.execute("alter table taken drop constraint taken_item_check");

        sluice.retry(failed.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.FAILED);
        assertThat(sluice.quarantine(failed.id()).blockLast(SOON).failure().message())
                .contains("not behind its cursor");
        sluice.close().block(SOON);
    }

    @Test
    void betweenBatchesItRests() {
        Duration rest = Duration.ofMillis(300);
        database.execute("alter table taken drop constraint taken_item_check");
        Sluice sluice = sluice(new Pages());
        sluice.enqueue(Enqueue.of("take").settings(it -> it.withBatchPause(rest)))
                .blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from sluice.batch")).isEqualTo(3);
        assertThat(database.queryLong("select (extract(epoch from max(finished_at) - min(started_at)) * 1000)::bigint"
                        + " from sluice.batch"))
                .as("ms from the first batch to the last")
                .isGreaterThanOrEqualTo(2 * rest.toMillis());
        sluice.close().block(SOON);
    }

    @Test
    void anEmptySourceSucceedsAtOnce() {
        Sluice sluice = sluice(cursor -> Flux.empty());
        sluice.enqueue(Enqueue.of("take")).blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        sluice.close().block(SOON);
    }

    private Sluice sluice(ItemSource<Integer> source) {
        Sluice sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of("take", Work.items(source, ItemsOfACustomSourceIT::insert))
                        .with(it -> it.withBatchSize(10).withSubBatchSize(4)))
                .data(DataSettings.DEFAULTS.withBatchRetries(
                        new RetryPolicy(5, Duration.ofMillis(10), Duration.ofMillis(50))))
                .build();
        sluice.install().block(SOON);
        return sluice;
    }

    private static Publisher<Long> insert(Connection connection, List<Integer> items) {
        return Flux.fromIterable(items)
                .concatMap(item -> Flux.from(connection
                                .createStatement("insert into taken (item) values ($1)")
                                .bind(0, item)
                                .execute())
                        .concatMap(it -> it.getRowsUpdated()));
    }

    /** Numbers whose cursor is a JSON object. */
    private class Pages implements ItemSource<Integer> {

        @Override
        public Publisher<Item<Integer>> after(@Nullable String cursor) {
            cursors.add(String.valueOf(cursor));
            int last = cursor == null ? 0 : Integer.parseInt(cursor.replaceAll("\\D", ""));
            return Flux.range(last + 1, ITEMS - last).map(it -> new Item<>(it, "{\"page\": " + it + "}"));
        }

        @Override
        public Mono<Long> count() {
            return Mono.just((long) ITEMS);
        }
    }
}
