package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ConfigurationException;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DefinitionException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Whoever held a run is gone for good, and no worker runs here: a caller must get on by himself. */
class HolderIsGoneIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = sluice(true);
    private RunId run = new RunId("main", 0);

    @BeforeEach
    void aRunIsEnqueued() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select g from generate_series(1, 3000) g");
        sluice.install().block(SOON);
        run = sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON).run().id();
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void aForegroundCallerWhoWasKilledCanComeBack() {
        itsHolderIsGoneWhile(RunStatus.FINISHING);

        Run done = sluice.finish("plus-one", Arguments.none()).blockLast(SOON);

        assertThat(done.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(3000);
    }

    @Test
    void theRunIsCancelledAtOnce() {
        itsHolderIsGoneWhile(RunStatus.RUNNING);

        assertThat(sluice.cancel(run).block(SOON).status()).isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void theRunCanBeRemoved() {
        itsHolderIsGoneWhile(RunStatus.FINISHING);

        assertThat(sluice.remove("plus-one", Arguments.none()).collectList().block(SOON))
                .containsExactly(run);
    }

    @Test
    void whatIsNotDeclaredHereIsNotTakenFromWhoKnowsIt() {
        Sluice stranger = sluice(false);

        assertThatThrownBy(() -> stranger.finish(run).block(SOON)).isInstanceOf(ConfigurationException.class);

        assertThat(sluice.run(run).block(SOON).status()).isEqualTo(RunStatus.ENQUEUED);
        stranger.close().block(SOON);
    }

    @Test
    void theFunctionOfALaterLeaseIsLeftAlone() {
        String function = "sluice.step_" + run.number() + "_";
        String body = "(bigint, bigint, bigint, integer) returns int language sql as 'select 1'";
        database.execute("create function " + function + 0 + body, "create function " + function + 99 + body);

        sluice.runOnce().blockLast(SOON);

        assertThat(database.query("select proname::text from pg_proc where proname like 'step\\_%'"))
                .containsExactly(List.of("step_" + run.number() + "_99"));
    }

    @Test
    void oneShardThatIsDownHoldsBackNoOther() {
        EmbeddedPostgres down = EmbeddedPostgres.start();
        Database gone = new Database(down.host(), down.port(), "postgres", "postgres", "");
        down.close();
        Sluice both = Sluice.builder()
                .shard("main", database.connectionFactory())
                .shard(Shard.of("down", gone.connectionFactory()))
                .migrations(plusOne())
                .build();

        StepVerifier.create(both.runOnce().map(Run::status))
                .expectNext(RunStatus.SUCCEEDED)
                .expectError(DatabaseUnreachableException.class)
                .verify(SOON);
        both.close().block(SOON);
    }

    @Test
    void otherKeysAreNotTakenForDone() {
        sluice.runOnce().blockLast(SOON);

        assertThatThrownBy(() ->
                        sluice.enqueue(Enqueue.of("plus-one").from(1).to(10)).blockLast(SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("other keys");
    }

    @Test
    void whoeverStopsASecondTimeWaitsLikeTheFirstAndCanStartAgain() {
        sluice.start().block(SOON);

        Flux.merge(sluice.stop(), sluice.stop()).blockLast(SOON);

        assertThat(database.queryLong("select count(*) from sluice.run where lease_owner is not null"))
                .isZero();
        sluice.start().then(sluice.stop()).block(SOON);
    }

    private void itsHolderIsGoneWhile(RunStatus status) {
        database.execute("update sluice.run set status = '" + status + "', lease_owner = 'gone', lease_token = 7,"
                + " lease_expires_at = clock_timestamp() - interval '1 minute' where id = " + run.number());
    }

    private Sluice sluice(boolean knowing) {
        return Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(knowing ? new DataMigration[] {plusOne()} : new DataMigration[0])
                .build();
    }

    private static DataMigration plusOne() {
        return DataMigration.of(
                "plus-one", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}"));
    }
}
