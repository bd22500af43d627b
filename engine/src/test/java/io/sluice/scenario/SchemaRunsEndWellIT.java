package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Whatever it is that a run does, and whatever ends it, nothing half-done stays, and no instance hangs on it. */
class SchemaRunsEndWellIT {

    private static final Duration QUICKLY = Duration.ofSeconds(8);

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.kept(SchemaStage.instance(database, "one", SchemaStage.AT_ONCE));
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "insert into users select n, 'u' || n from generate_series(1, 500) n",
                "create index grown on users (email)",
                "create table logs (day int, line text) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)",
                "create table logs_2 partition of logs for values in (2)",
                "create table logs_3 partition of logs for values in (3)");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @Test
    void aReindexThatIsCancelledLeavesTheIndexThatWas() {
        say("begin; lock table users in row exclusive mode");
        Watched run = atWork(SchemaMigration.reindex("users", "grown"), "reindex%");

        sluice.cancel(run.id()).block(SOON);
        SchemaStage.awaitAtWorkNoMore(database, "reindex%");
        say("commit");

        run.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "grown")).startsWith("CREATE INDEX");
        assertThat(database.queryLong("select count(*) from pg_index where indrelid = 'users'::regclass"))
                .isEqualTo(2);
    }

    @Test
    void aReindexWhoseInstanceStopsGoesOnAndIsDoneOnce() {
        say("begin; lock table users in row exclusive mode");
        Watched run = atWork(SchemaMigration.reindex("users", "grown"), "reindex%");
        sluice.stop().block(QUICKLY);

        say("commit");
        sluice.start().block(SOON);

        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select count(*) from pg_index where indrelid = 'users'::regclass"))
                .isEqualTo(2);
    }

    @Test
    void aDetachmentThatIsCancelledOnceItIsPendingIsFinalized() {
        say("begin; lock table logs_1 in row exclusive mode; select count(*) from logs");
        Watched run = atWork(SchemaMigration.detachPartition("logs", "logs_1"), "alter table%detach%");
        Watched.within(
                SOON,
                "it is pending",
                () -> database.queryLong("select count(*) from pg_inherits where inhdetachpending") == 1);

        sluice.cancel(run.id()).block(SOON);
        SchemaStage.awaitAtWorkNoMore(database, "alter table%concurrently");
        say("commit");

        run.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(database.queryLong("select count(*) from pg_inherits where inhrelid = 'logs_1'::regclass"))
                .isZero();
    }

    @Test
    void whatIsFinalizedKeepsNobodyFromThePartitionWhileASnapshotIsOld() {
        say("begin; lock table logs_1 in row exclusive mode; select count(*) from logs");
        Watched run = atWork(SchemaMigration.detachPartition("logs", "logs_1"), "alter table%detach%");
        Watched.within(
                SOON,
                "it is pending",
                () -> database.queryLong("select count(*) from pg_inherits where inhdetachpending") == 1);
        Connection reports = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(reports, "begin isolation level repeatable read; select count(*) from users")
                .block(SOON);
        sluice.cancel(run.id()).block(SOON);
        SchemaStage.awaitAtWorkNoMore(database, "alter table%concurrently");
        say("commit");
        Watched.within(
                SOON,
                "it was refused",
                () -> SchemaStage.notes(database, sluice.run(run.id()).block(SOON)).stream()
                        .anyMatch(note -> note.contains("'finalize the detachment of")));

        for (int read = 0; read < 5; read++) {
            Statements.script(stranger, "select count(*) from logs_1").block(Duration.ofSeconds(2));
        }
        Statements.script(reports, "commit").then(Mono.from(reports.close())).block(SOON);

        run.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(database.queryLong("select count(*) from pg_inherits where inhrelid = 'logs_1'::regclass"))
                .isZero();
    }

    @Test
    void whatHasToGoFirstIsNotUnderTheTimeoutOfTheRun() {
        database.execute(
                "create index users_email_idx on users (email)",
                "update pg_index set indisvalid = false where indexrelid = 'users_email_idx'::regclass");
        say("begin; select count(*) from users");
        Watched run = atWork(
                EnqueueSchema.of(SchemaMigration.addIndex("users", "email")).statementTimeout(Duration.ofMillis(1500)),
                "drop index concurrently%");

        Watched.within(
                SOON,
                "it waits for longer than that",
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and query like 'drop index concurrently%' and state = 'active'"
                                + " and query_start < clock_timestamp() - interval '1.8 seconds'")
                        == 1);
        say("commit");

        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
    }

    @Test
    void aRemovalThatIsCancelledOnceTheIndexIsInvalidIsMadeToTheEnd() {
        say("begin; select count(*) from users");
        Watched run = atWork(SchemaMigration.removeIndex("users", "grown"), "drop index concurrently%");
        Watched.within(
                SOON,
                "it is invalid",
                () -> String.valueOf(index(database, "grown")).startsWith("INVALID"));

        long first = worker();

        sluice.cancel(run.id()).block(SOON);
        Watched.within(SOON, "the clean-up is at it", () -> worker() != first && worker() != 0);
        say("commit");

        run.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "grown")).isNull();
    }

    @Test
    void anInstanceStopsAtOnceWhileAPauseWaitsForAPartition() {
        say("begin; lock table logs_2 in row exclusive mode");
        Watched run = atWork(SchemaMigration.addIndex("logs", "line"), "create index concurrently%logs_2%");
        assertThat(sluice.pause(run.id()).block(SOON).status()).isEqualTo(RunStatus.PAUSING);
        Mono.delay(Duration.ofMillis(300)).block(SOON);

        sluice.stop().block(QUICKLY);

        assertThat(run.status()).isEqualTo("PAUSED");
        assertThat(SchemaStage.atWork(database)).isOne();
        say("commit");
        sluice.resume(run.id()).block(SOON);
        sluice.start().block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "logs_line_idx")).startsWith("CREATE INDEX");
    }

    @Test
    void aFailureIsNotForgottenWhenTheInstanceStopsDuringItsCleanUp() {
        database.execute("insert into users values (5001, 'u7')");
        say("begin; select count(*) from users");
        Watched run = atWork(
                SchemaMigration.addIndex("users", "email").unique().name("one_of_each"), "drop index concurrently%");

        sluice.stop().block(QUICKLY.multipliedBy(3));

        assertThat(run.status()).isEqualTo("FAILED");
        assertThat(sluice.run(run.id()).block(SOON).failure().sqlState()).isEqualTo("23505");
        assertThat(SchemaStage.notes(database, sluice.run(run.id()).block(SOON)))
                .anyMatch(note -> note.startsWith("failed, cleaning up") && !note.contains("u7"));
        say("commit");
        Watched.within(SOON, "the index is gone", () -> index(database, "one_of_each") == null);
    }

    @Test
    void whatIsBuiltOfThePartitionsIsCountedOnTheWay() {
        Sluice slow = story.kept(SchemaStage.instance(database, "slow", SchemaStage.AT_ONCE.withPartitionsAtOnce(1)));
        say("begin; lock table logs_3 in row exclusive mode");
        Run run = SchemaStage.enqueued(slow, SchemaMigration.addIndex("logs", "line"));
        slow.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%logs_3%");

        Watched.within(
                SOON,
                "two of three are counted",
                () -> slow.schema()
                                .progress(run.id())
                                .blockFirst(SOON)
                                .partitions()
                                .done()
                        == 2);
        assertThat(slow.schema().progress(run.id()).blockFirst(SOON).percent()).isBetween(66.0, 99.9);
        slow.stop().block(QUICKLY);
        sluice.start().block(SOON);
        Watched.within(
                SOON,
                "whoever takes it over waits for the third and counts on",
                () -> database.queryLong("select count(*) from sluice.schema_run where phase like '%earlier worker%'"
                                + " and progress -> 'partitions' = '[2, 3]' and percent < 99")
                        == 1);
        say("commit");
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void aRunThatIsThrottledStaysClaimableAndSpendsNoAttempt() {
        AtomicBoolean busy = new AtomicBoolean(true);
        Sluice throttled = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .schema(SchemaStage.AT_ONCE)
                .throttle(run -> Mono.just(
                        busy.get() ? new Throttle.Wait("too busy", Duration.ofSeconds(1)) : new Throttle.Permit()))
                .build());
        SchemaStage.enqueued(throttled, SchemaMigration.addIndex("users", "email"));
        Run run = SchemaStage.worked(throttled);

        assertThat(run.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(run.throttleReason()).contains("too busy");
        assertThat(run.attempts().spent()).isZero();
        assertThat(run.attempts().nextAt()).isNotNull();
        assertThat(index(database, "users_email_idx")).isNull();
        busy.set(false);
        throttled.start().block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void aTransactionThatWroteToAPartitionIsWaitedForBeforeItBegins() {
        Sluice impatient = story.kept(SchemaStage.instance(
                database,
                "impatient",
                SchemaStage.AT_ONCE.withOldTransaction(Duration.ofMillis(1)).withPatience(Duration.ZERO)));
        say("begin; insert into logs_1 values (1, 'x')");
        SchemaStage.enqueued(impatient, SchemaMigration.addIndex("logs", "line"));

        Run run = SchemaStage.worked(impatient);

        assertThat(run.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(run.throttleReason()).contains("old transactions", "RowExclusiveLock");
    }

    @Test
    void finishTakesABuildOverThatGoesOn() {
        say("begin; lock table users in row exclusive mode");
        Watched run = atWork(SchemaMigration.addIndex("users", "email"), "create index concurrently%");
        long oid = database.queryLong("select 'users_email_idx'::regclass::oid::bigint");
        Sluice other = story.kept(SchemaStage.instance(database, "two", SchemaStage.AT_ONCE));

        var finished = other.schema()
                .finish("add_index users_email_idx on users")
                .next()
                .toFuture();
        Watched.within(SOON, "it is the foreground's", () -> run.status().equals("FINISHING"));
        say("commit");

        assertThat(Mono.fromFuture(finished).block(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select 'users_email_idx'::regclass::oid::bigint"))
                .isEqualTo(oid);
    }

    /** The process number of the session that is at work; 0: none is. */
    private long worker() {
        return database.queryLong(
                "select coalesce(max(pid), 0) from pg_stat_activity where datname = current_database()"
                        + " and application_name like 'sluice schema %' and state = 'active'");
    }

    private Watched atWork(SchemaMigration migration, String statement) {
        return atWork(EnqueueSchema.of(migration), statement);
    }

    private Watched atWork(EnqueueSchema order, String statement) {
        Run run = SchemaStage.enqueued(sluice, order);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, statement);
        return new Watched(database, run.id());
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
