package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.SchemaRun;
import io.sluice.sql.Connections;
import io.sluice.testkit.Database;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A worker that woke up late, or was asked to stop, begins nothing: the server refuses it, whatever the worker believes. */
class GuardOfAStepIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final SchemaRunOnTrial trial = SchemaRunOnTrial.installed();
    private final Database database = trial.database;
    private final Ledger ledger = trial.ledger;
    private final Connections direct = trial.direct;
    private final SchemaRunContext context = trial.context;

    private Lease lease;

    @BeforeEach
    void claim() {
        database.execute("create table users (id int)");
        lease = trial.claimed(SchemaMigration.statement("add", "users", "insert into users values (1)"));
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @ParameterizedTest
    @EnumSource(Step.Form.class)
    void aStepUnderAnOldTokenIsNotMade(Step.Form form) {
        database.execute("update sluice.run set lease_token = lease_token + 1");

        assertThatThrownBy(() -> make(form)).hasMessageContaining("is lost");

        assertThat(database.queryLong("select count(*) from users")).isZero();
        assertThat(database.queryString("select applied::text from sluice.schema_run"))
                .isEqualTo("false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PAUSING", "CANCELLING"})
    void aStepOfARunThatWasAskedToStopIsNotMade(String status) {
        database.execute("update sluice.run set status = '" + status + "'");

        assertThatThrownBy(() -> make(Step.Form.TRANSACTION)).hasMessageContaining("asked to stop");

        assertThat(database.queryLong("select count(*) from users")).isZero();
    }

    @Test
    void itsCheckpointCommitsWithIt() {
        make(Step.Form.TRANSACTION);

        assertThat(database.queryLong("select count(*) from users")).isOne();
        assertThat(database.queryString("select applied::text from sluice.schema_run"))
                .isEqualTo("true");
    }

    @Test
    void aStepThatFailsLeavesNoCheckpoint() {
        Step broken = Step.locked("broken", "insert into users values (1 / 0)").doneOnce();

        assertThatThrownBy(() -> runner().run(broken).block(SOON)).hasMessageContaining("division by zero");

        assertThat(database.queryString("select applied::text from sluice.schema_run"))
                .isEqualTo("false");
    }

    /** Its session has another name as soon as it is at work, so that it cannot be seen, as if it were not there. */
    @Test
    void aStepInATransactionThatIsNeverAnsweredIsGivenUpOnceItsSessionIsGone() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        SchemaRunContext timed = new SchemaRunContext(
                ledger, direct, SchemaSettings.DEFAULTS, Throttle.none(), Duration.ofMillis(50), time, new Random(1));
        Step lost = Step.locked("lost", "set application_name = 'lost'; select pg_sleep(300)");

        CompletableFuture<Void> made = runner(timed).run(lost).toFuture();
        Flux.interval(Duration.ofMillis(50))
                .doOnNext(tick -> time.advanceTimeBy(Duration.ofSeconds(1)))
                .takeUntil(tick -> made.isDone())
                .blockLast(SOON);

        assertThat(made).isCompletedExceptionally();
        assertThatThrownBy(made::join).hasMessageContaining("no session any more of a statement");
        database.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(300)'"
                + " and pid <> pg_backend_pid()");
    }

    private void make(Step.Form form) {
        Step step = new Step("add", "insert into users values (1)", form, null, false, true, false);
        runner().run(step).block(SOON);
    }

    private StepRunner runner() {
        return runner(context);
    }

    private StepRunner runner(SchemaRunContext context) {
        SchemaRun run = ledger.schemaRuns().find(lease.run().number()).block(SOON);
        return new StepRunner(
                context, lease, run, new Watchdog(context, lease), SchemaCleanUp.backends(context, lease.run()), false);
    }
}
