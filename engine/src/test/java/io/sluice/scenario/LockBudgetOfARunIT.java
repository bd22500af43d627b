package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.lock.LockRetrier;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** A run asks for its lock as long as it was told, neither longer nor shorter, and leaves nothing when it got none. */
class LockBudgetOfARunIT {

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "create unique index users_email_unique on users (email)");
        story.kept(SchemaStage.instance(database, "installer", SchemaStage.AT_ONCE))
                .install()
                .block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @Test
    void aBuildThatGetsNoLockWithinItFailsAndHasBegunNothing() {
        // for ever, but for the budget of the run
        Sluice sluice = instance(LockRetrier.constant(10_000, Duration.ofMillis(100), Duration.ofMillis(50)));
        hold("share update exclusive");
        SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.addIndex("users", "email"))
                        .lockBudget(Duration.ofSeconds(3))
                        .maxAttempts(1));

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("55P03");
        assertThat(index(database, "users_email_idx")).isNull();
        assertThat(database.queryLong("select count(*) from sluice.schema_run where owes_clean_up"))
                .isZero();
        say("commit");
        sluice.retry(run.id()).block(SOON);
        assertThat(SchemaStage.worked(sluice).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void aBudgetThatIsLongerThanTheAttemptsOfTheRetrierMakesTheLastOneAgain() {
        Sluice sluice = instance(LockRetrier.constant(1, Duration.ofMillis(100), Duration.ofMillis(50)));
        hold("row exclusive");
        Run run = SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.attachUniqueConstraint(
                                "users", "users_email_key", "users_email_unique"))
                        .lockBudget(SOON)
                        .maxAttempts(1));

        sluice.start().block(SOON);
        Watched.within(
                SOON,
                "it was asked for three times",
                () -> SchemaStage.notes(database, run).stream()
                                .filter(note -> note.contains("got no lock"))
                                .count()
                        >= 3);
        say("commit");

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void withoutATimeItIsAskedForOnce() {
        Sluice sluice = instance(LockRetrier.constant(10_000, Duration.ofMillis(100), Duration.ofMillis(50)));
        hold("row exclusive");
        SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.attachUniqueConstraint(
                                "users", "users_email_key", "users_email_unique"))
                        .lockBudget(Duration.ZERO)
                        .maxAttempts(1));

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("55P03");
        assertThat(SchemaStage.notes(database, run)).noneMatch(note -> note.contains("attempt 2"));
    }

    @Test
    void theFailureSaysWhichLockWasNotGotAndWhoWasInTheWayLast() {
        Sluice sluice = instance(LockRetrier.constant(10_000, Duration.ofMillis(100), Duration.ofMillis(50)));
        int holder = hold("row exclusive");
        SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.attachUniqueConstraint(
                                "users", "users_email_key", "users_email_unique"))
                        .lockBudget(Duration.ofSeconds(1))
                        .maxAttempts(1));

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().message())
                .contains("attach constraint users_email_key", "pid " + holder, "RowExclusiveLock");
    }

    @Test
    void itIsThatOfTheRunAndNotOfEachOfItsAttempts() {
        Sluice sluice = instance(LockRetrier.constant(10_000, Duration.ofMillis(100), Duration.ofMillis(50)));
        hold("share update exclusive");
        SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.addIndex("users", "email")).lockBudget(Duration.ofSeconds(1)));

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.attempts().spent()).isOne();
    }

    @Test
    void withoutAnAttemptOfTheRetrierAStrongLockIsNotWaitedForWithoutEndAllTheSame() {
        Sluice sluice = instance(LockRetrier.none());
        hold("row exclusive");
        SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.attachUniqueConstraint(
                                "users", "users_email_key", "users_email_unique"))
                        .maxAttempts(1));

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().message()).contains("in 1 attempt;");
    }

    private Sluice instance(LockRetrier locks) {
        return story.kept(SchemaStage.instance(database, "one", SchemaStage.AT_ONCE.withLocks(locks)));
    }

    private int hold(String mode) {
        say("begin; lock table users in " + mode + " mode");
        return Statements.queryOne(stranger, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class))
                .block(SOON);
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
