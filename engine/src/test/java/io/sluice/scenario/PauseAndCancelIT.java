package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.test.StepVerifier;

/** Promise 6: pause and cancel are quick, from another instance too, and the cursor stands. */
class PauseAndCancelIT {

    /** What the promise says; the notification of the verb alone takes some 10 ms. */
    private static final Duration QUICKLY = Duration.ofSeconds(1);

    private static final Duration FOR_A_WHILE = Duration.ofMillis(700);
    private static final int ROWS = 20_000;
    private static final int SUB_BATCH_SIZE = 10;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice worker = story.instance("worker");
    private final Sluice operator = story.instance("operator");

    @BeforeEach
    void install() {
        worker.install().block(SOON);
    }

    @ParameterizedTest
    @EnumSource
    void aPausedRunStandsStillAndGoesOnWhereItStood(PlusOne form) {
        Watched run = atWork(form);

        assertThat(operator.pause(run.id()).block(SOON).status()).isEqualTo(RunStatus.PAUSING);
        run.awaitStatus(RunStatus.PAUSED, QUICKLY);
        long paused = run.cursor();
        assertStandsStill(form, run);
        assertThat(paused).isLessThan(3L * ROWS);

        operator.resume(run.id()).block(SOON);
        run.awaitProgress(SOON);
        story.hurry(operator, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        form.assertEveryRowOnce(database);
    }

    @ParameterizedTest
    @EnumSource
    void afterACancelledRunNothingCommits(PlusOne form) {
        Watched run = atWork(form);

        assertThat(operator.cancel(run.id()).block(SOON).status()).isEqualTo(RunStatus.CANCELLING);
        run.awaitStatus(RunStatus.CANCELLED, QUICKLY);

        assertStandsStill(form, run);
        assertThat(run.backends("active", "idle in transaction")).isZero();
        assertThat(database.queryLong("select count(*) from %s where n <> m or n > 1".formatted(form.table())))
                .as("rows that were not migrated as a whole")
                .isZero();
        assertThat(form.done(database)).as("rows up to the cursor").isEqualTo(run.cursor() / 3);
        StepVerifier.create(operator.resume(run.id()))
                .expectError(IllegalTransitionException.class)
                .verify(SOON);
    }

    @Test
    void aLongStatementOfCodeIsCancelledOnTheServerInEveryLane() {
        PlusOne.CODE.create(database, 30);
        Sluice slow = story.instance(
                "slow",
                DataMigration.of(
                                "slow",
                                Work.code(
                                        Source.table(PlusOne.CODE.table()),
                                        batch -> batch.update(
                                                "update " + PlusOne.CODE.table()
                                                        + " set n = n + 1 where {batch} and (select pg_sleep(60)) is not null")))
                        .with(it -> it.withBatchSize(5).withSubBatchSize(5).withLanes(2)));
        Watched run = new Watched(
                database, slow.enqueue(Enqueue.of("slow")).blockLast(SOON).run().id());
        slow.start().block(SOON);
        Watched.within(SOON, "both lanes sleep", () -> run.backends("active") == 2);

        operator.cancel(run.id()).block(SOON);
        run.awaitStatus(RunStatus.CANCELLED, QUICKLY);

        assertThat(run.backends("active", "idle in transaction")).isZero();
        assertThat(PlusOne.CODE.done(database)).isZero();
    }

    @Test
    void aLongStatementIsCancelledOnTheServer() {
        Watched run = inALongStatement();
        long cursor = run.cursor();

        operator.cancel(run.id()).block(SOON);
        run.awaitStatus(RunStatus.CANCELLED, QUICKLY);

        assertThat(run.backends("active", "idle in transaction")).isZero();
        assertThat(run.cursor()).isEqualTo(cursor);
        assertThat(PlusOne.SQL.done(database)).isEqualTo(cursor / 3);
    }

    @Test
    void aLongStatementIsPausedAndDoneAnewAfterwards() {
        Watched run = inALongStatement();

        operator.pause(run.id()).block(SOON);
        run.awaitStatus(RunStatus.PAUSED, QUICKLY);
        assertThat(run.backends("active", "idle in transaction")).isZero();

        story.hurry(operator, run);
        operator.resume(run.id()).block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    @Test
    void aPauseThatIsTakenBackAtOnceLetsItGoOn() {
        Watched run = atWork(PlusOne.SQL);

        operator.pause(run.id()).then(operator.resume(run.id())).block(SOON);
        run.awaitProgress(SOON);

        story.hurry(operator, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    private Watched atWork(PlusOne form) {
        Watched run = story.enqueued(operator, form, ROWS, SUB_BATCH_SIZE);
        PlusOne.pace(database, Duration.ofMillis(3));
        worker.start().block(SOON);
        run.awaitProgress(SOON);
        return run;
    }

    private Watched inALongStatement() {
        Watched run = atWork(PlusOne.SQL);
        PlusOne.pace(database, Duration.ofSeconds(60));
        Watched.within(
                SOON,
                "a statement that sleeps",
                () -> database.queryLong("select count(*) from pg_stat_activity where state = 'active'"
                                + " and query_start < clock_timestamp() - interval '300 milliseconds' "
                                + " and application_name = 'sluice run "
                                + run.id().number() + "'")
                        == 1);
        return run;
    }

    private void assertStandsStill(PlusOne form, Watched run) {
        long cursor = run.cursor();
        long done = form.done(database);
        await().during(FOR_A_WHILE).atMost(SOON).until(() -> run.cursor() == cursor && form.done(database) == done);
    }
}
