package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceEvent;
import io.sluice.run.RunId;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** What subscribers see: everything in its order, what is missing, and on every instance. */
class EventStreamIT {

    private static final Enqueue ORDER =
            Enqueue.of("fill").settings(it -> it.withBatchSize(50).withSubBatchSize(10));

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final DataMigration migration = DataMigration.of(
            "fill",
            Work.sql(
                    Source.table("items"),
                    "update items set n = 1 / least(1, (select nextval('calls') - 1))::int where {batch}"));
    private final Sluice worker = story.instance("worker", migration);
    private final Sluice watcher = story.instance("watcher", migration);

    @BeforeEach
    void aTable() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 100)",
                "create sequence calls");
        worker.install().block(SOON);
    }

    @Test
    void aBatchThatFailsAndIsTriedAgainIsSeenOnEveryInstance() {
        worker.enqueue(ORDER).blockLast(SOON);
        worker.runOnce().blockLast(SOON);

        List<SluiceEvent> seen =
                watcher.eventsAfter("primary", 0).take(5).collectList().block(SOON);

        assertThat(seen)
                .extracting(it -> it.getClass().getSimpleName())
                .containsExactly("RunEnqueued", "StatusChanged", "BatchFailed", "BatchRetried", "StatusChanged");
        assertThat(((SluiceEvent.BatchRetried) seen.get(3)).attempt()).isEqualTo(2);
        assertThat(((SluiceEvent.BatchRetried) seen.get(3)).batch())
                .isEqualTo(((SluiceEvent.BatchFailed) seen.get(2)).batch());
        assertThat(((SluiceEvent.StatusChanged) seen.get(1)).isStarted()).isTrue();
        assertThat(((SluiceEvent.StatusChanged) seen.get(4)).isCompleted()).isTrue();
    }

    @Test
    void pausedAndCancelledAreToldToAnInstanceThatListens() {
        watcher.start().block(SOON);
        Flux<SluiceEvent> events = watcher.eventsAfter("primary", 0);
        RunId run = worker.enqueue(ORDER).blockLast(SOON).run().id();

        StepVerifier.create(events.ofType(SluiceEvent.StatusChanged.class)
                        .filter(it -> it.isPaused() || it.isCancelled())
                        .take(2))
                .then(() -> worker.pause(run).block(SOON))
                .assertNext(it -> assertThat(it.isPaused()).isTrue())
                .then(() -> worker.cancel(run).block(SOON))
                .assertNext(it -> assertThat(it.isCancelled()).isTrue())
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void whereTheJournalWasCutThereIsAGap() {
        worker.enqueue(ORDER).blockLast(SOON);
        worker.runOnce().blockLast(SOON);
        database.execute("delete from sluice.event where number <= 3");

        List<SluiceEvent> seen =
                watcher.eventsAfter("primary", 1).take(3).collectList().block(SOON);

        assertThat(seen.get(0)).isInstanceOfSatisfying(SluiceEvent.Gap.class, gap -> {
            assertThat(gap.from()).isEqualTo(2);
            assertThat(gap.to()).isEqualTo(3);
            assertThat(gap.origin().run()).isEqualTo(new RunId("primary", 0));
        });
        assertThat(seen).extracting(it -> it.origin().number()).containsExactly(3L, 4L, 5L);
    }

    @Test
    void whereNothingIsKeptTheGapComesAloneAndTheStreamGoesOnBehindIt() {
        RunId run = worker.enqueue(ORDER).blockLast(SOON).run().id();
        worker.pause(run).block(SOON);
        database.execute("delete from sluice.event");

        StepVerifier.create(watcher.eventsAfter("primary", 0))
                .assertNext(gap -> assertThat(gap).isEqualTo(new SluiceEvent.Gap(gap.origin(), 1, 2)))
                .then(() -> worker.resume(run).block(SOON))
                .assertNext(event -> {
                    assertThat(event.origin().number()).isEqualTo(3);
                    assertThat(((SluiceEvent.StatusChanged) event).isResumed()).isTrue();
                })
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void whereTheDatabaseWasRestoredAGapSaysSoAndTheStreamGoesOnFromTheNewEnd() {
        RunId run = worker.enqueue(ORDER).blockLast(SOON).run().id();

        StepVerifier.create(watcher.eventsAfter("primary", 500))
                .assertNext(gap -> {
                    assertThat(gap).isEqualTo(new SluiceEvent.Gap(gap.origin(), 2, 500));
                    assertThat(gap.origin().number()).isEqualTo(1);
                })
                .then(() -> worker.pause(run).block(SOON))
                .assertNext(event -> assertThat(event.origin().number()).isEqualTo(2))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void aShardWithoutALedgerIsSilentUntilItHasOne() {
        database.execute("drop schema sluice cascade");

        StepVerifier.create(watcher.eventsAfter("primary", 0))
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(1))
                .then(() -> worker.install().block(SOON))
                .then(() -> worker.enqueue(ORDER).blockLast(SOON))
                .assertNext(event -> assertThat(event).isInstanceOf(SluiceEvent.RunEnqueued.class))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void whoHasSeenEverythingSeesNoGap() {
        worker.enqueue(ORDER).blockLast(SOON);
        database.execute("delete from sluice.event");

        StepVerifier.create(watcher.eventsAfter("primary", 1))
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(1))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void theInstanceThatWorksTellsOfItsSubBatches() {
        worker.enqueue(ORDER).blockLast(SOON);

        List<SluiceEvent> seen = worker.eventsAfter("primary", 1)
                .mergeWith(worker.runOnce().thenMany(Flux.empty()))
                .takeUntil(it -> it instanceof SluiceEvent.StatusChanged changed && changed.isCompleted())
                .collectList()
                .block(SOON);

        List<SluiceEvent.SubBatchDone> done = seen.stream()
                .filter(SluiceEvent.SubBatchDone.class::isInstance)
                .map(SluiceEvent.SubBatchDone.class::cast)
                .toList();
        assertThat(done).isNotEmpty();
        assertThat(done.stream().mapToLong(SluiceEvent.SubBatchDone::rowsSeen).sum())
                .isEqualTo(100);
        assertThat(seen).extracting(it -> it.origin().number()).isSorted();
    }

    @Test
    void theJournalAloneTellsNothingOfSubBatches() {
        worker.enqueue(ORDER).blockLast(SOON);
        List<SluiceEvent> live = new CopyOnWriteArrayList<>();
        Disposable beside = worker.eventsAfter("primary", 0).subscribe(live::add);

        List<SluiceEvent> seen = worker.journalAfter("primary", 0)
                .mergeWith(worker.runOnce().thenMany(Flux.empty()))
                .takeUntil(it -> it instanceof SluiceEvent.StatusChanged changed && changed.isCompleted())
                .collectList()
                .block(SOON);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(live).filteredOn(isSubBatch()).isNotEmpty());
        beside.dispose();
        assertThat(seen)
                .isNotEmpty()
                .noneMatch(isSubBatch())
                .extracting(it -> it.origin().number())
                .isEqualTo(LongStream.rangeClosed(1, seen.size()).boxed().toList());
    }

    private static Predicate<SluiceEvent> isSubBatch() {
        return SluiceEvent.SubBatchDone.class::isInstance;
    }
}
