package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Enqueue;
import io.sluice.EnqueueFailedException;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.RunGroup;
import io.sluice.run.RunStatus;
import io.sluice.shard.Budget;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What docs/guides/shards.md shows. */
class ShardsGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database europe = TestDatabase.createDatabase();
    private final Database america = TestDatabase.createDatabase();
    private final Database billing = TestDatabase.createDatabase();
    private final Sluice sluice =
            declared(europe.connectionFactory(), america.connectionFactory(), billing.connectionFactory());

    private static Sluice declared(ConnectionFactory eu, ConnectionFactory us, ConnectionFactory bills) {
        // tag::declared[]
        DataMigration lowerEmail = DataMigration.of(
                        "users-lower-email",
                        Work.sql(Source.table("users"), "update users set email_lower = lower(email) where {batch}"))
                .on("users-eu", "users-us");

        Sluice sluice = Sluice.builder()
                .shard("users-eu", eu)
                .shard("users-us", us)
                .shard(Shard.of("billing", bills).withLedgerSchema("billing_migrations"))
                .migrations(lowerEmail)
                .build();
        // end::declared[]
        return sluice;
    }

    @BeforeEach
    void install() {
        for (Database users : List.of(europe, america)) {
            users.execute(
                    "create table users (id bigint primary key, email text, email_lower text)",
                    "insert into users select n, 'U' || n from generate_series(1, 500) n");
        }
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void aGroupHasTheShardsItIsDeclaredFor() {
        // tag::one-first[]
        Flux<Enqueued> canary = sluice.enqueue(Enqueue.of("users-lower-email").shards("users-eu"));
        Flux<Enqueued> everywhere = sluice.enqueue(Enqueue.of("users-lower-email"));
        // end::one-first[]
        assertThat(canary.collectList().block(SOON)).hasSize(1);
        assertThat(sluice.runOnce().collectList().block(SOON)).hasSize(1);
        RunGroup half = sluice.group("users-lower-email", Arguments.none()).block(SOON);

        assertThat(everywhere.collectList().block(SOON))
                .extracting(Enqueued::created)
                .containsExactlyInAnyOrder(false, true);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        // tag::group[]
        RunGroup group = sluice.group("users-lower-email", Arguments.none()).block();
        // end::group[]
        assertThat(half.counts()).containsOnlyKeys(RunGroup.Status.SUCCEEDED, RunGroup.Status.MISSING);
        assertThat(half.status()).isEqualTo(RunGroup.Status.MISSING);
        assertThat(group.status()).isEqualTo(RunGroup.Status.SUCCEEDED);
        assertThat(group.members()).extracting(RunGroup.Member::shard).containsExactly("users-eu", "users-us");
        assertThat(billing.queryLong("select count(*) from billing_migrations.run"))
                .isZero();
    }

    @Test
    void aShardThatFailedIsNamedAndTheOthersAreDone() {
        america.execute("drop table users");

        // tag::failed[]
        List<Enqueued> done = sluice.enqueue(Enqueue.of("users-lower-email"))
                .onErrorResume(EnqueueFailedException.class, failed -> {
                    failed.failures().forEach((shard, error) -> report(shard, error));
                    return Flux.empty();
                })
                .collectList()
                .block();
        // end::failed[]

        assertThat(done).extracting(it -> it.run().id().shard()).containsExactly("users-eu");
        assertThat(reported).contains("users-us").contains("there is no table users");
    }

    private static Sluice budgeted(ConnectionFactory eu, ConnectionFactory us) {
        // tag::budget[]
        Sluice sluice = Sluice.builder()
                .shard("users-eu", eu)
                .shard("users-us", us)
                .budget(Budget.DEFAULTS
                        .withConnections(16)
                        .withSubBatchesPerSecond(200)
                        .withTurn(Duration.ofSeconds(30)))
                .build();
        // end::budget[]
        return sluice;
    }

    @Test
    void aBudgetIsForAllShards() {
        Sluice budgeted = budgeted(europe.connectionFactory(), america.connectionFactory());

        assertThat(budgeted.shards()).containsExactly("users-eu", "users-us");
        budgeted.close().block(SOON);
    }

    private String reported = "";

    private void report(String shard, Throwable error) {
        reported += shard + ": " + error.getMessage();
    }
}
