package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudget;
import io.sluice.data.TransactionLimits;
import io.sluice.run.Failure;
import io.sluice.run.RetryPolicy;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** A sub-batch of either form gives up when a lock or a statement takes longer than its limits, and goes on where it stood. */
class SubBatchMeetsItsLimitsIT {

    private static final int ROWS = 100;
    private static final TransactionLimits SHORT =
            TransactionLimits.DEFAULTS.withLock(Duration.ofMillis(100)).withStatement(Duration.ofMillis(300));

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @ParameterizedTest
    @EnumSource
    void whoeverHoldsARowIsNotWaitedForLongerThanTheLimitSays(PlusOne form) {
        Sluice sluice = enqueued(form);
        Connection owner = Mono.from(database.connectionFactory().create()).block(SOON);
        Mono.from(owner.beginTransaction())
                .then(Statements.script(owner, "select from " + form.table() + " where id = 150 for update"))
                .block(SOON);

        Run left = sluice.runOnce().blockLast(SOON);

        assertThat(left.status()).as("it is tried again").isEqualTo(RunStatus.ERRORED);
        assertThat(left.failure()).extracting(Failure::sqlState).isEqualTo("55P03");
        assertThat(form.done(database)).isEqualTo(40);
        Mono.from(owner.rollbackTransaction()).then(Mono.from(owner.close())).block(SOON);
        database.execute("update sluice.run set next_attempt_at = null");
        goesOn(sluice, form);
    }

    @ParameterizedTest
    @EnumSource
    void aStatementThatTakesLongerThanTheLimitSaysIsEnded(PlusOne form) {
        Sluice sluice = enqueued(form);
        database.execute(
                "create function slow() returns trigger language plpgsql as"
                        + " $$ begin perform pg_sleep(case when new.id = 150 then 20 else 0 end); return new; end $$",
                "create trigger slow before update on %s for each row execute function slow()".formatted(form.table()));

        Run failed = sluice.runOnce().blockLast(SOON);

        assertThat(failed.failure()).extracting(Failure::sqlState).isEqualTo("57014");
        assertThat(form.done(database)).as("all before that row").isEqualTo(49);
        database.execute("drop trigger slow on " + form.table());
        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        sluice.retry(failed.id()).block(SOON);
        goesOn(sluice, form);
    }

    private Sluice enqueued(PlusOne form) {
        form.create(database, ROWS);
        Sluice sluice = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of("plus-one", form.work()))
                .data(DataSettings.DEFAULTS
                        .withLimits(SHORT)
                        .withTransientRetries(RetryPolicy.DEFAULTS.withMaxAttempts(1))
                        .withQuarantine(QuarantineBudget.NONE))
                .build());
        sluice.install().block(SOON);
        // the keys are 3, 6, …: the tenth of them is 30
        sluice.enqueue(Enqueue.of("plus-one")
                        .settings(
                                it -> it.withBatchSize(10).withSubBatchSize(10).withBatchAttempts(2)))
                .blockLast(SOON);
        return sluice;
    }

    private void goesOn(Sluice sluice, PlusOne form) {
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        form.assertEveryRowOnce(database);
    }
}
