package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DefinitionException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.ledger.LedgerSchema;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A rolling deploy: a newer engine has upgraded the ledger by additions, and this one goes on with it, end to end. */
class LedgerOfANewerEngineIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = Sluice.builder()
            .shard(Shard.of("primary", database.connectionFactory()).withLedgerSchema("My \"Ledger\""))
            .migrations(
                    DataMigration.of(
                                    "count",
                                    Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")
                                            .remaining("n = 0"))
                            .with(it -> it.withBatchSize(100).withSubBatchSize(30)),
                    DataMigration.of(
                            "wrong", Work.sql(Source.table("items"), "update items set colour = 1 where {batch}")))
            .build();

    @BeforeEach
    void install() {
        sluice.install().block(SOON);
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items select g, 0 from generate_series(1, 250) g",
                "alter table \"My \"\"Ledger\"\"\".run add column colour text not null default 'blue', add column tint int",
                "alter table \"My \"\"Ledger\"\"\".lane add column weight int",
                "alter table \"My \"\"Ledger\"\"\".data_run add column shape jsonb not null default '{}'",
                "alter table \"My \"\"Ledger\"\"\".batch add column size text",
                "create table \"My \"\"Ledger\"\"\".job (id int)",
                "update \"My \"\"Ledger\"\"\".ledger set version = " + (LedgerSchema.VERSION + 1));
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void thisEngineGoesOnWithIt() {
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("count")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(250);
        assertThat(database.queryLong("select version from \"My \"\"Ledger\"\"\".ledger"))
                .isEqualTo(LedgerSchema.VERSION + 1);
    }

    @Test
    void whatPlainSqlEnqueuedInATransactionIsClaimedAndAnnouncedOnce() {
        database.execute(
                "begin; select \"My \"\"Ledger\"\"\".enqueue_data_migration('count', '[]', '{\"subBatchSize\": 7}');"
                        + " commit");

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(250);
        assertThat(database.query("select kind from \"My \"\"Ledger\"\"\".event order by number"))
                .extracting(it -> it.get(0))
                .startsWith("ENQUEUED", "STATUS")
                .containsOnlyOnce("ENQUEUED");
    }

    @Test
    void aMigrationThatDoesNotFitLeavesNothingBehind() {
        assertThatThrownBy(() -> sluice.enqueue(Enqueue.of("wrong")).blockLast(SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("colour");
        assertThatThrownBy(() -> sluice.enqueue(Enqueue.of("count").from("one")).blockLast(SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("lower bound");

        assertThat(database.queryLong("select count(*) from \"My \"\"Ledger\"\"\".run"))
                .isZero();
        assertThat(database.queryLong("select count(*) from \"My \"\"Ledger\"\"\".event"))
                .isZero();
    }
}
