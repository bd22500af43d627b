package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.Callbacks;
import io.sluice.data.DataMigration;
import io.sluice.event.ErrorHandler;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Callbacks are called at the turns of a run, once each, in their order, and do it no harm. */
class CallbacksIT {

    private static final int ROWS = 40;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final List<String> called = new CopyOnWriteArrayList<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final Callbacks all = Callbacks.none()
            .afterStart(noted("start"))
            .afterResume(noted("resume"))
            .afterPause(noted("pause"))
            .afterCancel(noted("cancel"))
            .afterComplete(noted("complete"));

    @BeforeEach
    void aTable() {
        PlusOne.SQL.create(database, ROWS);
        PlusOne.CODE.create(database, ROWS);
    }

    private Function<Run, Publisher<Void>> noted(String turn) {
        return run -> Mono.fromRunnable(() -> called.add(turn + " " + run.status()));
    }

    @Test
    void eachTurnIsCalledOnceInItsOrder() {
        Sluice sluice = instance(PlusOne.SQL, all);
        RunId run = enqueued(sluice, PlusOne.SQL);
        PlusOne.pace(database, Duration.ofSeconds(10));
        sluice.start().block(SOON);
        Watched watched = new Watched(database, run);
        Watched.within(SOON, "it works", () -> watched.backends("active") > 0);

        sluice.pause(run).block(SOON);
        awaitJournalled(2);
        PlusOne.pace(database, Duration.ZERO);
        sluice.resume(run).block(SOON);
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        awaitJournalled(4);

        assertThat(called).containsExactly("start RUNNING", "pause PAUSED", "resume RUNNING", "complete SUCCEEDED");
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    @Test
    void oneThatNobodyWorksOnIsToldByWhoWasAsked() {
        Sluice sluice = instance(PlusOne.SQL, all);
        RunId run = enqueued(sluice, PlusOne.SQL);
        database.execute("alter table plus_one_sql rename column m to gone");
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.ERRORED);
        assertThat(called).as("it was never prepared").isEmpty();
        database.execute(
                "alter table plus_one_sql rename column gone to m", "alter table plus_one_sql add check (n < 1)");
        database.execute("update sluice.run set next_attempt_at = null");
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.FAILED);

        sluice.cancel(run).block(SOON);

        assertThat(called).containsExactly("start RUNNING", "cancel CANCELLED");
    }

    @Test
    void oneThatNeverStartedCallsNothing() {
        Sluice sluice = instance(PlusOne.SQL, all);
        RunId run = enqueued(sluice, PlusOne.SQL);

        sluice.pause(run).block(SOON);
        sluice.cancel(run).block(SOON);

        assertThat(called).isEmpty();
    }

    @Test
    void oneThatWasCutOffIsCalledAgainByTheNextHolder() {
        Sluice sluice = instance(PlusOne.SQL, all);
        RunId run = enqueued(sluice, PlusOne.SQL);
        Sluice cutOff = instance(PlusOne.SQL, Callbacks.none().afterStart(it -> {
            called.add("cut off");
            return Mono.never();
        }));
        cutOff.start().block(SOON);
        awaitCalls(1);
        cutOff.stop().block(SOON);

        Run done = sluice.runOnce().blockLast(SOON);

        assertThat(done.id()).isEqualTo(run);
        assertThat(called).containsExactly("cut off", "start RUNNING", "complete SUCCEEDED");
    }

    @Test
    void oneThatGotLostIsMadeUpForWhenTheHouseIsKept() {
        RunId run = enqueued(instance(PlusOne.SQL, all), PlusOne.SQL);
        assertThat(instance(PlusOne.SQL, all).runOnce().blockLast(SOON).id()).isEqualTo(run);
        // its worker died after the status was written, and before the callback was called
        database.execute("delete from sluice.event where kind = 'CALLED' and detail ->> 'callback' = 'COMPLETE'");
        called.clear();
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Sluice next = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(PlusOne.SQL.migration().callbacks(all))
                .scheduler(time)
                .build());

        next.start().block(SOON);
        Watched.within(SOON, "it is called after all", () -> {
            time.advanceTimeBy(Duration.ofMinutes(1));
            return !called.isEmpty();
        });

        assertThat(called).containsExactly("complete SUCCEEDED");
        next.stop().block(SOON);
        time.dispose();
    }

    @ParameterizedTest
    @EnumSource
    void oneSubBatchAtATimeIsBetweenItsCallbacks(PlusOne form) {
        Sluice sluice = instance(
                form,
                Callbacks.none()
                        .beforeSubBatch(run -> Mono.fromRunnable(() -> called.add("before " + form.done(database)))
                                .subscribeOn(Schedulers.boundedElastic())
                                .then())
                        .afterSubBatch(run -> Mono.fromRunnable(() -> called.add("after " + form.done(database)))
                                .subscribeOn(Schedulers.boundedElastic())
                                .then()));
        enqueued(sluice, form);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        assertThat(called)
                .startsWith(
                        "before 0",
                        "after 10",
                        "before 10",
                        "after 20",
                        "before 20",
                        "after 30",
                        "before 30",
                        "after 40");
    }

    @Test
    void anErrorBeforeASubBatchFailsIt() {
        Sluice sluice = instance(
                PlusOne.SQL, Callbacks.none().beforeSubBatch(run -> Mono.error(new IllegalStateException("not now"))));
        enqueued(sluice, PlusOne.SQL);

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure().message()).contains("not now");
        assertThat(PlusOne.SQL.done(database)).isZero();
        assertThat(database.queryLong("select count(*) from sluice.quarantine"))
                .as("rows that are blamed for it")
                .isZero();
    }

    @Test
    void anErrorOfAnyOtherIsToldAndChangesNothing() {
        Function<Run, Publisher<Void>> failing = run -> Mono.error(new IllegalStateException("own"));
        Sluice sluice = instance(
                PlusOne.SQL,
                Callbacks.none().afterStart(failing).afterSubBatch(failing).afterComplete(failing));
        enqueued(sluice, PlusOne.SQL);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        assertThat(errors).hasSize(6).containsOnly("own");
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    private void awaitJournalled(int number) {
        Watched.within(
                SOON,
                number + " calls are journalled",
                () -> database.queryLong("select count(*) from sluice.event where kind = 'CALLED'") == number);
    }

    private void awaitCalls(int number) {
        Watched.within(SOON, number + " calls", () -> called.size() >= number);
    }

    private RunId enqueued(Sluice sluice, PlusOne form) {
        sluice.install().block(SOON);
        return sluice.enqueue(Enqueue.of(form.table())
                        .settings(
                                it -> it.withBatchSize(20).withSubBatchSize(10).withBatchAttempts(1)))
                .blockLast(SOON)
                .run()
                .id();
    }

    private Sluice instance(PlusOne form, Callbacks callbacks) {
        ErrorHandler handler = (error, run) -> Mono.fromRunnable(() -> errors.add(String.valueOf(error.getMessage())));
        DataMigration migration = form.migration().callbacks(callbacks);
        return story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(migration)
                .errors(handler)
                .build());
    }
}
