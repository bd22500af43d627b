package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Enqueue;
import io.sluice.Inspection;
import io.sluice.ShardReport;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.LedgerSchema;
import io.sluice.run.AuditedBatch;
import io.sluice.run.Progress;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.Run;
import io.sluice.run.RunFilter;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunPage;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

/** What operators see of two shards that answer and one that does not. */
class InspectionIT {

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database one = story.database();
    private final Database two = TestDatabase.createDatabase();
    private final Sluice sluice = story.kept(Sluice.builder()
            .shard("one", one.connectionFactory())
            .shard("two", two.connectionFactory())
            .migrations(divide("fill"), divide("other").on("one"))
            .build());
    private final Inspection inspection = sluice.inspect();

    private static DataMigration divide(String name) {
        return DataMigration.of(
                name, arguments -> Work.sql(Source.table("items"), "update items set n = 10 / (id - 2) where {batch}"));
    }

    @BeforeEach
    void tables() {
        for (Database database : List.of(one, two)) {
            database.execute(
                    "create table items (id bigint primary key, n int)",
                    "insert into items (id) select generate_series(1, 40)");
        }
        sluice.install().block(SOON);
    }

    private RunId enqueued(String name, Object... arguments) {
        return sluice.enqueue(Enqueue.of(name).arguments(arguments).shards("one"))
                .blockLast(SOON)
                .run()
                .id();
    }

    @Test
    void everyRunComesOnceOverAllPages() {
        for (int i = 0; i < 5; i++) {
            sluice.enqueue(Enqueue.of("fill").arguments(i)).blockLast(SOON);
        }

        List<RunId> seen = new ArrayList<>();
        RunPage page = inspection.runs(RunFilter.ALL, null, 3).block(SOON);
        while (page.next() != null) {
            page.runs().forEach(run -> seen.add(run.id()));
            page = inspection.runs(RunFilter.ALL, page.next(), 3).block(SOON);
        }
        page.runs().forEach(run -> seen.add(run.id()));

        assertThat(seen).hasSize(10).doesNotHaveDuplicates();
        assertThat(seen.subList(0, 5))
                .allMatch(it -> it.shard().equals("one"))
                .isSortedAccordingTo((a, b) -> Long.compare(b.number(), a.number()));
    }

    @Test
    void aFilterChoosesByStatusKindNameAndShard() {
        RunId paused = enqueued("fill", 1);
        enqueued("fill", 2);
        enqueued("other");
        sluice.pause(paused).block(SOON);

        assertThat(chosen(RunFilter.ALL.standing(RunStatus.PAUSED))).containsExactly(paused);
        assertThat(chosen(RunFilter.ALL.named("fill"))).hasSize(2).contains(paused);
        assertThat(chosen(RunFilter.ALL.of(RunKind.DATA))).hasSize(3);
        assertThat(chosen(RunFilter.ALL.of(RunKind.SCHEMA))).isEmpty();
        assertThat(chosen(RunFilter.ALL.on("two"))).isEmpty();
    }

    private List<RunId> chosen(RunFilter filter) {
        return inspection.runs(filter, null, 100).block(SOON).runs().stream()
                .map(Run::id)
                .toList();
    }

    @Test
    void aPageHasALimit() {
        assertThatThrownBy(() -> inspection.runs(RunFilter.ALL, null, 0).block(SOON))
                .hasMessage("limit must be 1..1000, was 0");
    }

    @Test
    void aShardThatDoesNotAnswerIsToldOfAndHidesNoOther() {
        Sluice half = story.kept(Sluice.builder()
                .shard("one", one.connectionFactory())
                .shard("gone", ConnectionFactories.get("r2dbc:postgresql://nobody@127.0.0.1:1/nothing"))
                .migrations(divide("fill"))
                .build());
        RunId run = enqueued("fill");

        assertThat(half.inspect().runs(RunFilter.ALL, null, 10).block(SOON)).satisfies(page -> {
            assertThat(page.runs()).extracting(Run::id).containsExactly(run);
            assertThat(page.unreachable()).containsExactly("gone");
        });
        assertThat(half.inspect().groups(10).collectList().block(SOON))
                .singleElement()
                .extracting(RunGroup::counts)
                .isEqualTo(Map.of(RunGroup.Status.ENQUEUED, 1L, RunGroup.Status.UNREACHABLE, 1L));
        List<ShardReport> reports = half.inspect().shards().collectList().block(SOON);
        assertThat(reports.get(0).isUsable()).isTrue();
        assertThat(reports.get(0).ledgerVersion()).isEqualTo(LedgerSchema.VERSION);
        assertThat(reports.get(0).count(RunStatus.ENQUEUED)).isEqualTo(1);
        assertThat(reports.get(1).trouble()).contains("gone");
        assertThatThrownBy(() -> half.install().block(SOON)).hasMessageContaining("gone");
    }

    @Test
    void aShardWhoseLedgerCannotBeUsedIsToldOfAndHidesNoOther() {
        RunId run = enqueued("fill");
        two.execute("drop schema sluice cascade");
        Sluice half = story.kept(Sluice.builder()
                .shard("one", one.connectionFactory())
                .shard("two", two.connectionFactory())
                .migrations(divide("fill"))
                .build());

        assertThat(half.inspect().runs(RunFilter.ALL, null, 10).block(SOON)).satisfies(page -> {
            assertThat(page.runs()).extracting(Run::id).containsExactly(run);
            assertThat(page.unreachable()).containsExactly("two");
        });
        assertThat(half.inspect().groups(10).collectList().block(SOON))
                .singleElement()
                .extracting(RunGroup::counts)
                .isEqualTo(Map.of(RunGroup.Status.ENQUEUED, 1L, RunGroup.Status.UNREACHABLE, 1L));
        assertThat(half.inspect().shards().blockLast(SOON).trouble()).contains("install()");
    }

    @Test
    void aLeaseThatLapsedIsCounted() {
        RunId run = enqueued("fill");
        one.execute("update sluice.run set status = 'RUNNING', lease_owner = 'gone',"
                + " lease_expires_at = clock_timestamp() - interval '1 second' where id = " + run.number());

        assertThat(inspection.shards().blockFirst(SOON).lapsed()).isEqualTo(1);
    }

    @Test
    void groupsHaveTheShardsTheyAreDeclaredForAndTheNewestComesFirst() {
        enqueued("fill");
        enqueued("other");

        List<RunGroup> groups = inspection.groups(10).collectList().block(SOON);

        assertThat(groups).extracting(RunGroup::name).containsExactly("other", "fill");
        assertThat(groups.get(0).members()).hasSize(1);
        assertThat(groups.get(1).counts()).isEqualTo(Map.of(RunGroup.Status.ENQUEUED, 1L, RunGroup.Status.MISSING, 1L));
    }

    @Test
    void aRunShowsItsBatchesItsQuarantineAndItsEvents() {
        RunId run = sluice.enqueue(Enqueue.of("fill")
                        .shards("one")
                        .settings(
                                it -> it.withBatchSize(10).withSubBatchSize(10).withBatchAttempts(1)))
                .blockLast(SOON)
                .run()
                .id();
        sluice.runOnce().blockLast(SOON);

        List<AuditedBatch> batches =
                inspection.batches(run, null, 2).collectList().block(SOON);
        assertThat(batches).hasSize(2).isSortedAccordingTo((a, b) -> Long.compare(b.number(), a.number()));
        List<AuditedBatch> before = inspection
                .batches(run, batches.get(1).number(), 10)
                .collectList()
                .block(SOON);
        assertThat(before.get(0).number()).isLessThan(batches.get(1).number());
        assertThat(before.stream().mapToLong(AuditedBatch::rowsSeen).sum()
                        + batches.stream().mapToLong(AuditedBatch::rowsSeen).sum())
                .isEqualTo(40);

        QuarantinedKey bad = inspection.quarantine(run, 0, 10).blockLast(SOON);
        assertThat(bad.key()).containsExactly("2");
        assertThat(inspection.quarantine(run, bad.number(), 10).collectList().block(SOON))
                .isEmpty();

        List<SluiceEvent> events = inspection.events(run, 0, 2).collectList().block(SOON);
        assertThat(events).hasSize(2).first().isInstanceOf(SluiceEvent.RunEnqueued.class);
        assertThat(inspection
                        .events(run, events.get(1).origin().number(), 1_000)
                        .collectList()
                        .block(SOON))
                .last()
                .isInstanceOfSatisfying(
                        SluiceEvent.StatusChanged.class,
                        it -> assertThat(it.isFailed()).isTrue());
        assertThatThrownBy(() ->
                        inspection.batches(new RunId("one", 4711), null, 1).blockLast(SOON))
                .isInstanceOf(RunNotFoundException.class);
    }

    @Test
    void theProgressOfEveryLiveRunIsSeenAndItsEndToo() {
        RunId run = enqueued("other");

        StepVerifier.create(inspection.progress().filter(it -> it.run().equals(run)))
                .assertNext(it -> assertThat(it.status()).isEqualTo(RunStatus.ENQUEUED))
                .then(() -> sluice.cancel(run).block(SOON))
                .thenConsumeWhile(it -> it.status() == RunStatus.ENQUEUED)
                .assertNext(it -> assertThat(it.status()).isEqualTo(RunStatus.CANCELLED))
                .thenCancel()
                .verify(SOON);
        assertThat(sluice.progress(run).map(Progress::status).blockLast(SOON)).isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void readersThatDoNotReadHoldNoConnection() throws InterruptedException {
        RunId run = enqueued("fill");
        one.execute("select sluice.journal(" + run.number() + ", 'fill', 'BATCH_RETRIED', '{\"batch\": 1}')"
                + " from generate_series(1, 5000)");

        List<Disposable> asleep = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            CountDownLatch one = new CountDownLatch(1);
            asleep.add(sluice.eventsAfter("one", 0).subscribeWith(new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                protected void hookOnNext(SluiceEvent event) {
                    one.countDown();
                }
            }));
            assertThat(one.await(30, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(sluice.run(run).block(SOON).status()).isEqualTo(RunStatus.ENQUEUED);
        asleep.forEach(Disposable::dispose);
    }
}
