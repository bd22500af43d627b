package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.schema.AddIndex;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.SchemaSettings;
import io.sluice.schema.StatementRunsException;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Whatever happens to a build, it ends with a valid index or without one. A transaction of somebody else holds it up meanwhile. */
class BuildIsInterruptedIT {

    private static final AddIndex BY_EMAIL = SchemaMigration.addIndex("users", "email");
    private static final String BUILD = "create index concurrently%";

    private final Database database = TestDatabase.createDatabase();
    private final Sluice one = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);
    private final Sluice two = SchemaStage.instance(database, "two", SchemaStage.AT_ONCE);
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "insert into users select n, 'u' || n from generate_series(1, 2000) n",
                "create table elsewhere (id int)");
        one.install().block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
        one.close().block(SOON);
        two.close().block(SOON);
        database.close();
    }

    @Test
    void aLongSnapshotElsewhereIsWaitedForBeforeItBeginsAndNamed() {
        Sluice patient = SchemaStage.instance(
                database, "patient", SchemaSettings.DEFAULTS.withOldTransaction(Duration.ofMillis(1)));
        Run run = SchemaStage.enqueued(patient, BY_EMAIL);
        int holder = holdASnapshot();
        patient.start().block(SOON);
        Watched watched = new Watched(database, run.id());

        Watched.within(
                SOON,
                "it says for whom it waits",
                () -> String.valueOf(progress(patient, run).waitsFor()).contains("pid " + holder));
        assertThat(index(database, "users_email_idx")).isNull();
        assertThat(watched.status()).isEqualTo("RUNNING");
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(SchemaStage.notes(database, run)).anyMatch(note -> note.contains("waits for pid " + holder));
        patient.close().block(SOON);
    }

    @Test
    void withoutPatienceItIsHandedBackAndStaysClaimable() {
        Sluice impatient = SchemaStage.instance(
                database,
                "impatient",
                SchemaSettings.DEFAULTS.withOldTransaction(Duration.ofMillis(1)).withPatience(Duration.ZERO));
        SchemaStage.enqueued(impatient, BY_EMAIL);
        int holder = holdASnapshot();

        Run run = SchemaStage.worked(impatient);

        assertThat(run.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(run.throttleReason()).contains("old transactions", "pid " + holder);
        assertThat(run.attempts().spent()).isZero();
        assertThat(run.attempts().nextAt()).isNotNull();
        impatient.close().block(SOON);
    }

    @Test
    void whoeverHasGrownOldSinceIsNotWaitedForOrItWouldNeverBeginOnABusyDatabase() {
        Sluice impatient = SchemaStage.instance(
                database,
                "impatient",
                SchemaSettings.DEFAULTS.withOldTransaction(Duration.ofMillis(1)).withPatience(Duration.ZERO));
        SchemaStage.enqueued(impatient, BY_EMAIL);
        holdASnapshot();
        Run run = SchemaStage.worked(impatient);
        assertThat(run.throttleReason()).contains("old transactions");
        Connection second = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(second, "begin isolation level repeatable read; select count(*) from elsewhere")
                .block(SOON);
        say("commit");

        impatient.start().block(SOON);

        // handed back for half a minute
        database.execute("update sluice.run set next_attempt_at = null");
        SchemaStage.awaitAtWork(database, BUILD);
        Statements.script(second, "commit").then(Mono.from(second.close())).block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryString("select coalesce(progress ->> 'clearing', 'none') from sluice.schema_run"))
                .isEqualTo("none");
        impatient.close().block(SOON);
    }

    @Test
    void aSnapshotThatComesWhileItBuildsDoesNotKillItAndIsNamed() {
        Watched watched = heldUp(one);
        Run run = one.run(watched.id()).block(SOON);

        Watched.within(
                SOON,
                "the watchdog names who is in the way",
                () -> String.valueOf(progress(two, run).waitsFor()).contains("idle in transaction"));
        assertThat(progress(two, run).phase()).contains("waiting for");
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
    }

    @Test
    void progressNeverFallsAndEndsAtAHundredForAnotherInstance() {
        Watched watched = heldUp(one);
        List<SchemaProgress> seen = new CopyOnWriteArrayList<>();
        var subscription = two.schema().progress(watched.id()).subscribe(seen::add);
        Watched.within(SOON, "some progress is seen", () -> seen.stream().anyMatch(it -> it.percent() > 0));
        say("commit");
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        Watched.within(SOON, "the stream is over", subscription::isDisposed);

        assertThat(seen).extracting(SchemaProgress::percent).isSorted();
        assertThat(seen.get(seen.size() - 1).percent()).isEqualTo(100);
    }

    @Test
    void aUniqueBuildOverDuplicatesFailsAtOnceAndLeavesNothing() {
        database.execute("insert into users values (5001, 'u7')");
        SchemaStage.enqueued(one, BY_EMAIL.unique());

        Run run = SchemaStage.worked(one);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("23505");
        assertThat(run.failure().message()).contains("users_email_idx");
        assertThat(run.failure().summary()).doesNotContain("u7");
        assertThat(index(database, "users_email_idx")).isNull();
        database.execute("delete from users where id = 5001");
        one.retry(run.id()).block(SOON);
        assertThat(SchemaStage.worked(one).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE UNIQUE INDEX");
    }

    @Test
    void itsStatementTimeoutFailsItAndLeavesNothing() {
        holdTheTable("row exclusive");
        SchemaStage.enqueued(one, EnqueueSchema.of(BY_EMAIL).statementTimeout(Duration.ofMillis(400)));
        one.start().block(SOON);
        Watched watched = new Watched(database, one.runs().blockFirst(SOON).id());
        SchemaStage.awaitAtWork(database, BUILD);
        awaitNoBuild();
        say("commit");

        watched.awaitStatus(RunStatus.FAILED, SOON);
        assertThat(one.run(watched.id()).block(SOON).failure().sqlState()).isEqualTo("57014");
        assertThat(index(database, "users_email_idx")).isNull();
    }

    @Test
    void aBuildThatStandsStillWithNobodyInItsWayIsGivenUpButNotOneThatIsBlocked() {
        Sluice hasty = SchemaStage.instance(database, "hasty", SchemaStage.AT_ONCE.withStall(Duration.ofSeconds(1)));
        Watched watched = heldUp(hasty);
        Mono.delay(Duration.ofMillis(1500)).block(SOON);

        assertThat(watched.status()).isEqualTo("RUNNING");
        say("commit");
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        hasty.close().block(SOON);
    }

    @Test
    void cancelEndsItOnTheServerAndLeavesNothing() {
        Watched watched = heldUp(one);
        assertThat(index(database, "users_email_idx")).startsWith("INVALID");

        two.cancel(watched.id()).block(SOON);
        awaitNoBuild();
        say("commit");

        watched.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "users_email_idx")).isNull();
        assertThat(SchemaStage.atWork(database)).isZero();
        assertThat(database.queryLong("select count(*) from sluice.schema_run where unclean"))
                .isZero();
    }

    @Test
    void aStatementAtWorkCannotBePausedAndOneThatWaitsCan() {
        Watched watched = heldUp(one);

        assertThatThrownBy(() -> one.pause(watched.id()).block(SOON))
                .isInstanceOf(StatementRunsException.class)
                .hasMessageContaining("wait for its end, or cancel it");
        assertThat(watched.status()).isEqualTo("RUNNING");
        say("commit");
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        one.stop().block(SOON);
        Run waiting = SchemaStage.enqueued(one, SchemaMigration.addIndex("elsewhere", "id"));
        assertThat(one.pause(waiting.id()).block(SOON).status()).isEqualTo(RunStatus.PAUSED);
    }

    @Test
    void whenItsInstanceStopsTheBuildGoesOnAndTheNextOneWaitsForItsEnd() {
        Watched watched = heldUp(one);
        long oid = database.queryLong("select 'users_email_idx'::regclass::oid::bigint");

        one.stop().block(SOON);
        assertThat(watched.status()).isEqualTo("ENQUEUED");
        assertThat(SchemaStage.atWork(database)).isOne();
        two.start().block(SOON);
        Watched.within(SOON, "two has it", () -> "two".equals(watched.owner()));
        Watched.within(
                SOON,
                "two knows of it",
                () -> progress(one, one.run(watched.id()).block(SOON)).phase().contains("earlier worker"));
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select 'users_email_idx'::regclass::oid::bigint"))
                .as("the index that the first one began")
                .isEqualTo(oid);
    }

    @Test
    void whenItsBackendIsTerminatedTheLeftoverGoesAndItIsBuiltAgain() {
        Watched watched = heldUp(one);

        database.execute("select pg_terminate_backend(pid) from pg_stat_activity where query ilike '" + BUILD + "'"
                + " and pid <> pg_backend_pid()");
        say("commit");
        Watched.within(
                SOON,
                "it is tried again later",
                () -> watched.status().equals("ERRORED") || watched.status().equals("SUCCEEDED"));
        if (watched.status().equals("ERRORED")) {
            one.retry(watched.id()).block(SOON);
        }

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
    }

    @Test
    void cancelAfterItsWorkerHasGoneCleansUpToo() {
        Watched watched = heldUp(one);
        one.stop().block(SOON);
        assertThat(SchemaStage.atWork(database)).isOne();
        var cancelled = two.cancel(watched.id()).toFuture();
        awaitNoBuild();
        say("commit");

        assertThat(Mono.fromFuture(cancelled).block(SOON).status()).isEqualTo(RunStatus.CANCELLED);
        assertThat(index(database, "users_email_idx")).isNull();
    }

    /** A build that has begun and cannot come to its end before the stranger commits. */
    private Watched heldUp(Sluice instance) {
        holdTheTable("row exclusive");
        Run run = SchemaStage.enqueued(instance, BY_EMAIL);
        instance.start().block(SOON);
        SchemaStage.awaitAtWork(database, BUILD);
        return new Watched(database, run.id());
    }

    private void awaitNoBuild() {
        Watched.within(
                SOON,
                "the build is over",
                () -> database.queryLong(
                                "select count(*) from pg_stat_progress_create_index where datname = current_database()")
                        == 0);
    }

    private static SchemaProgress progress(Sluice instance, Run run) {
        return instance.schema().progress(run.id()).blockFirst(SOON);
    }

    private int holdASnapshot() {
        say("begin isolation level repeatable read; select count(*) from elsewhere");
        return Statements.queryOne(stranger, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class))
                .block(SOON);
    }

    private void holdTheTable(String mode) {
        say("begin; lock table users in " + mode + " mode");
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
