package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What is written of a build is no more than is done. */
class WatchdogIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final SchemaRunOnTrial trial = SchemaRunOnTrial.installed();
    private final Database database = trial.database;
    private final SchemaRunContext context = trial.context;

    private Lease lease;

    @BeforeEach
    void claim() {
        database.execute("create table logs (line text)");
        lease = trial.claimed(SchemaMigration.addIndex("logs", "line"));
    }

    @AfterEach
    void close() {
        trial.close();
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

        assertThatThrownBy(() -> watchdog.watch(name, "building", SchemaRunOnTrial.WATCH, seen -> {
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
