package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.run.Run;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import io.sluice.shard.Shard;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What is written of a build is no more than is done. */
class WatchdogIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration OFTEN = Duration.ofMillis(20);

    private final Database database = TestDatabase.createDatabase();
    private final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
    private final Connections direct = new Connections("primary", database.connectionFactory());
    private final SchemaRunContext context = new SchemaRunContext(
            ledger, direct, SchemaSettings.DEFAULTS, Throttle.none(), OFTEN, Schedulers.parallel(), new Random(1));

    private Lease lease;

    @BeforeEach
    void claim() {
        ledger.schema().install().block(SOON);
        database.execute("create table logs (line text)");
        new SchemaQueue(context)
                .take(new SchemaQueue.Order(SchemaMigration.addIndex("logs", "line"), null, null, false, false, 5))
                .block(SOON);
        Run run = ledger.runs()
                .claimSchema("me", new SchemaRunWork(context).names(), 1, Duration.ofMinutes(1))
                .blockLast(SOON);
        lease = new Lease(run.id(), Objects.requireNonNull(run.lease()).token(), "me");
    }

    @AfterEach
    void close() {
        direct.close().block(SOON);
        ledger.close().block(SOON);
        database.close();
    }

    @Test
    void aPartitionThatIsDoneBetweenTheLookAndItsRecordCountsOnce() {
        String name = SchemaCleanUp.backends(context, lease.run()).name(lease.token());
        Connection writer = session("begin; lock table logs in row exclusive mode");
        Connection builder = session("set application_name = '" + name + "'");
        CompletableFuture<Void> building = Statements.script(builder, "create index concurrently on logs (line)")
                .toFuture();
        Watchdog watchdog = new Watchdog(context, lease);
        watchdog.begins(new Counted(1, 3));

        AtomicBoolean recorded = new AtomicBoolean();

        assertThatThrownBy(() -> watchdog.watch(name, "building", OFTEN, seen -> {
                            if (recorded.get()) {
                                throw new IllegalStateException("enough");
                            }
                            if (seen.stream().anyMatch(Sighting::builds)) {
                                watchdog.onePartitionMore();
                                recorded.set(true);
                            }
                        })
                        .block(SOON))
                .hasMessage("enough");

        assertThat(database.queryLong("select percent::bigint from sluice.schema_run"))
                .as("one of three is done, the second has only begun")
                .isBetween(33L, 34L);
        Statements.script(writer, "commit").block(SOON);
        building.orTimeout(30, TimeUnit.SECONDS).join();
        Mono.when(writer.close(), builder.close()).block(SOON);
    }

    private Connection session(String script) {
        Connection connection = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(connection, script).block(SOON);
        return connection;
    }
}
