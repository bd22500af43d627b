package io.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.RunId;
import io.sluice.shard.Shard;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class SluiceBuilderTest {

    private final AtomicInteger opened = new AtomicInteger();

    /** A database to which nobody should want to connect here. */
    private final ConnectionFactory database = new ConnectionFactory() {
        @Override
        public Publisher<? extends Connection> create() {
            return Mono.fromCallable(() -> {
                opened.incrementAndGet();
                throw new IllegalStateException("nobody should connect");
            });
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return () -> "none";
        }
    };

    private static DataMigration migration(String name) {
        return DataMigration.of(name, Work.sql(Source.table("t"), "update t set a = 1 where {batch}"));
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(call).withMessage(message);
    }

    @Test
    void thereMustBeAShard() {
        refused(
                () -> Sluice.builder().migrations(migration("a")).build(),
                "there is no shard; give at least one, shard(name, connectionFactory)");
    }

    @Test
    void shardsMustDiffer() {
        SluiceBuilder builder = Sluice.builder().shard("eu", database);

        refused(() -> builder.shard("eu", database), "two shards have the name 'eu'; names must differ");
        refused(
                () -> builder.shard(Shard.behindProxy("eu", database)),
                "two shards have the name 'eu'; names must differ");
    }

    @Test
    void migrationsMustDiffer() {
        SluiceBuilder builder = Sluice.builder().migrations(migration("a"));

        refused(
                () -> builder.migrations(migration("b"), migration("a")),
                "two migrations have the name 'a'; names must differ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BackfillColumn",
                "CopyColumn",
                "DeleteAssociatedRecords",
                "DeleteOrphanedRecords",
                "PerformActionOnRelation",
                "ResetCounters"
            })
    void theNamesOfReadyMadeMigrationsAreTaken(String name) {
        refused(
                () -> Sluice.builder().migrations(migration(name)),
                "'" + name + "' is the name of a ready-made migration, io.sluice.data.builtin." + name
                        + "; give yours another name");
    }

    @Test
    void aMigrationMustBeDeclaredForShardsThereAre() {
        SluiceBuilder builder = Sluice.builder()
                .shard("eu", database)
                .shard("us", database)
                .migrations(migration("a").on("us"), migration("b").on("eu", "asia"));

        refused(builder::build, "migration 'b' is declared for shard 'asia'; there are [eu, us]");
    }

    @Test
    void shardsKeepTheirOrder() {
        SluiceBuilder builder = Sluice.builder();
        String[] names = {"m", "z", "a", "y", "b", "x", "c"};
        for (String name : names) {
            builder.shard(name, database);
        }

        assertThat(builder.build().shards()).containsExactly(names);
    }

    @Test
    void buildingConnectsToNothing() {
        Sluice sluice = Sluice.builder()
                .shard("eu", database)
                .migrations(migration("a"))
                .build();
        sluice.install();
        sluice.start();
        sluice.runOnce();
        sluice.runs();
        sluice.enqueue(Enqueue.of("a"));
        sluice.group("a", Arguments.none());

        assertThat(opened).hasValue(0);
    }

    @Test
    void aNameThatIsNotDeclaredIsAnErrorOfThePublisher() {
        Sluice sluice = Sluice.builder()
                .shard("eu", database)
                .migrations(migration("a"))
                .build();

        StepVerifier.create(sluice.enqueue(Enqueue.of("b")))
                .verifyErrorSatisfies(
                        error -> assertThat(error)
                                .isInstanceOf(ConfigurationException.class)
                                .hasMessage(
                                        "migration 'b' is not declared here; declared are [BackfillColumn, CopyColumn,"
                                                + " DeleteAssociatedRecords, DeleteOrphanedRecords, PerformActionOnRelation, ResetCounters, a]"));
        StepVerifier.create(sluice.run(new RunId("us", 1)))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessage("there is no shard 'us'; there are [eu]"));
        StepVerifier.create(sluice.enqueue(Enqueue.of("a").shards("us")))
                .verifyErrorSatisfies(error -> assertThat(error).hasMessage("there is no shard 'us'; there are [eu]"));
        assertThat(opened).hasValue(0);
    }

    @Test
    void aShardTheMigrationIsNotDeclaredForIsRefused() {
        Sluice sluice = Sluice.builder()
                .shard("eu", database)
                .shard("us", database)
                .migrations(migration("a").on("eu"))
                .build();

        StepVerifier.create(sluice.enqueue(Enqueue.of("a").shards("us")))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessage("migration 'a' is not declared for shard 'us', only for [eu]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:b", "a/b", "ä", "a\n"})
    void aShardsNameIsPlain(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shard.of(name, database))
                .withMessage("shard name must be 1..63 of letters, digits, '.', '-' and '_', was '" + name + "'");
    }

    @Test
    void theSchemaOfALedgerIsAName() {
        assertThat(Shard.of("eu", database).ledgerSchema()).isEqualTo("sluice");
        assertThat(Shard.of("eu", database).withLedgerSchema("My Ledger").ledgerSchema())
                .isEqualTo("My Ledger");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shard.of("eu", database).withLedgerSchema("x".repeat(64)));
    }
}
