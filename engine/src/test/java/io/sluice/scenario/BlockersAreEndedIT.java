package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.BlockerPolicy;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Sessions that are in the way for long are ended where the settings say so, after a warning; superusers and replication never. */
class BlockersAreEndedIT {

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(
            database,
            "one",
            SchemaStage.AT_ONCE.withBlockers(BlockerPolicy.terminate(Duration.ofSeconds(1), Duration.ofMillis(300))));

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "grant select, insert on users to public",
                "do $$ begin create role sluice_clerk login; exception when duplicate_object then null; end $$");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void anOrdinarySessionIsWarnedOfAndEnded() {
        Connection clerk = held(as("sluice_clerk"));
        Run run = SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", "email"));

        sluice.start().block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        // the build may be over before the answer to that has come
        Watched.within(
                SOON,
                "it is told",
                () -> SchemaStage.events(database, run, "BLOCKER", "action").equals(List.of("WARNED", "TERMINATED")));
        assertThat(sluice.eventsAfter("primary", 0)
                        .ofType(SluiceEvent.BlockerEnded.class)
                        .blockFirst(SOON)
                        .blocker())
                .contains("idle in transaction");
        Mono.from(clerk.close()).onErrorComplete().block(SOON);
    }

    @Test
    void aCancelThatMovesNobodyIsNotRepeatedAtEachLook() {
        Sluice gentle = SchemaStage.instance(
                database,
                "gentle",
                SchemaStage.AT_ONCE.withBlockers(BlockerPolicy.cancel(Duration.ofSeconds(1), Duration.ofMillis(100))));
        Connection clerk = held(as("sluice_clerk"));
        Run run = SchemaStage.enqueued(gentle, SchemaMigration.addIndex("users", "email"));

        gentle.start().block(SOON);
        Watched.within(
                SOON,
                "it is asked to end",
                () -> SchemaStage.events(database, run, "BLOCKER", "action").contains("CANCELLED"));
        // ten looks
        Mono.delay(Duration.ofMillis(600)).block(SOON);

        assertThat(SchemaStage.events(database, run, "BLOCKER", "action")).containsExactly("WARNED", "CANCELLED");
        Statements.script(clerk, "commit").block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        Mono.from(clerk.close()).block(SOON);
        gentle.close().block(SOON);
    }

    @Test
    void aSuperuserIsLeftAlone() {
        assertLeftAlone(database.connectionFactory());
    }

    @Test
    void aRoleOfReplicationIsLeftAlone() {
        database.execute("do $$ begin create role sluice_copyist login replication;"
                + " exception when duplicate_object then null; end $$");
        assertLeftAlone(as("sluice_copyist"));
    }

    private void assertLeftAlone(ConnectionFactory factory) {
        Connection boss = held(factory);
        Run run = SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", "email"));

        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");
        Mono.delay(Duration.ofMillis(1800)).block(SOON);

        assertThat(new Watched(database, run.id()).status()).isEqualTo("RUNNING");
        Statements.script(boss, "commit").block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        Mono.from(boss.close()).block(SOON);
    }

    private ConnectionFactory as(String role) {
        return ConnectionFactories.get(database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, role)
                .build());
    }

    private static Connection held(ConnectionFactory factory) {
        Connection connection = Mono.<Connection>from(factory.create()).block(SOON);
        Statements.script(connection, "begin; insert into users values (1, 'x')")
                .block(SOON);
        return connection;
    }
}
