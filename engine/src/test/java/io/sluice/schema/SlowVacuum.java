package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.Objects;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** A vacuum that goes on until it is closed, as one at its cost limit does on a large table. */
final class SlowVacuum implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String OURS = " from pg_stat_progress_vacuum where datname = current_database()";

    private final Database database;
    private final Connection connection;
    private final Disposable vacuum;

    SlowVacuum(Database database, String table) {
        this.database = database;
        this.connection = Objects.requireNonNull(
                Mono.from(database.connectionFactory().create()).block(SOON));
        Statements.script(connection, "set vacuum_cost_delay = 100; set vacuum_cost_limit = 1")
                .block(SOON);
        this.vacuum = Statements.script(connection, "vacuum " + table)
                .onErrorComplete()
                .subscribe();
        long end = System.nanoTime() + SOON.toNanos();
        while (!isAtWork()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the vacuum does not begin");
            }
            Mono.delay(Duration.ofMillis(20)).block(SOON);
        }
    }

    boolean isAtWork() {
        return database.queryLong("select count(*)" + OURS) > 0;
    }

    @Override
    public void close() {
        database.queryLong("select count(pg_cancel_backend(pid))" + OURS);
        Mono.from(connection.close()).block(SOON);
        vacuum.dispose();
    }
}
