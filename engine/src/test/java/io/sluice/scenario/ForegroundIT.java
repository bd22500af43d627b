package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.ledger.LeaseHeldException;
import io.sluice.run.Arguments;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.Run;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

/** What a caller can have done at once, in the foreground; and what it takes to do a migration once more. */
class ForegroundIT {

    private static final int ROWS = 5_000;
    private static final String NAME = PlusOne.SQL.table();

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice worker = story.instance("worker");
    private final Sluice caller = story.instance("caller");

    @Test
    void inlineRunsToTheEndInTheCaller() {
        PlusOne.SQL.create(database, ROWS);
        caller.install().block(SOON);

        Enqueued done = caller.enqueue(PlusOne.SQL.enqueue(100).inline()).blockLast(SOON);

        assertThat(done.run().status()).isEqualTo(RunStatus.SUCCEEDED);
        PlusOne.SQL.assertEveryRowOnce(database);
        assertThat(caller.ensureSucceeded(NAME, Arguments.none()).block(SOON)).isNotNull();
    }

    @Test
    void inlineRaisesTheErrorOfTheMigration() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0 check (n = 0))",
                "insert into items (id) select generate_series(1, 10)");
        Sluice failing = story.instance(
                "caller",
                DataMigration.of(
                        "failing", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")));
        failing.install().block(SOON);

        StepVerifier.create(failing.enqueue(Enqueue.of("failing")
                        .settings(it -> it.withBatchAttempts(1))
                        .inline()))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(RunNotSucceededException.class)
                        .hasMessageContaining("23514")
                        .hasMessageContaining("items_n_check"))
                .verify(SOON);
        StepVerifier.create(failing.ensureSucceeded("failing", Arguments.none()))
                .expectError(RunNotSucceededException.class)
                .verify(SOON);
    }

    @Test
    void finishTakesOverWhatAWorkerHolds() {
        Watched run = atWork();

        Run finished = caller.finish(run.id()).block(SOON);

        assertThat(finished.status()).isEqualTo(RunStatus.SUCCEEDED);
        PlusOne.SQL.assertEveryRowOnce(database);
        assertThat(database.queryLong("select count(*) from sluice.event where detail ->> 'to' = 'FINISHING'"))
                .isEqualTo(1);
        assertThat(run.owner()).isNull();
    }

    @Test
    void aFinishThatNobodyWantsAnyMoreHandsTheRunBack() {
        Watched run = atWork();
        worker.stop().block(SOON);
        Disposable finish = caller.finish(run.id()).subscribe();
        Watched.within(SOON, "the caller drives it", () -> run.status().equals("FINISHING"));
        run.awaitProgress(SOON);

        finish.dispose();
        run.awaitStatus(RunStatus.ENQUEUED, Duration.ofSeconds(5));

        assertThat(run.owner()).isNull();
        PlusOne.pace(database, Duration.ZERO);
        worker.start().block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    @Test
    void finishRefusesWhatWaitsForApproval() {
        PlusOne.SQL.create(database, ROWS);
        caller.install().block(SOON);
        Run delayed = caller.enqueue(PlusOne.SQL.enqueue(100).delayed())
                .blockLast(SOON)
                .run();

        StepVerifier.create(caller.finish(delayed.id()))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(IllegalTransitionException.class)
                        .hasMessageContaining("APPROVE"))
                .verify(SOON);
        StepVerifier.create(caller.ensureSucceeded(NAME, Arguments.none()))
                .expectError(RunNotSucceededException.class)
                .verify(SOON);
        assertThat(PlusOne.SQL.done(database)).isZero();
    }

    @Test
    void aCancelledRunIsDoneOnceMoreOnlyWhenThatIsSaid() {
        Watched run = atWork();
        StepVerifier.create(caller.remove(NAME, Arguments.none()))
                .expectError(LeaseHeldException.class)
                .verify(SOON);
        caller.cancel(run.id()).block(SOON);
        run.awaitStatus(RunStatus.CANCELLED, SOON);

        StepVerifier.create(caller.enqueue(PlusOne.SQL.enqueue(100)))
                .expectError(RunNotSucceededException.class)
                .verify(SOON);
        Enqueued again =
                caller.enqueue(PlusOne.SQL.enqueue(100).again().delayed()).blockLast(SOON);
        assertThat(again.created()).isTrue();
        assertThat(again.run().generation()).isEqualTo(2);

        assertThat(caller.remove(NAME, Arguments.none()).collectList().block(SOON))
                .hasSize(2);
        assertThat(caller.enqueue(PlusOne.SQL.enqueue(100).delayed())
                        .blockLast(SOON)
                        .run()
                        .generation())
                .isEqualTo(1);
    }

    private Watched atWork() {
        Watched run = story.enqueued(caller, PlusOne.SQL, ROWS, 10);
        PlusOne.pace(database, Duration.ofMillis(3));
        worker.start().block(SOON);
        run.awaitProgress(SOON);
        return run;
    }
}
