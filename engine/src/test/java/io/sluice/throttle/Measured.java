package io.sluice.throttle;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import io.sluice.testkit.Database;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A signal as it measures on a real database, and sessions that others hold open there. */
final class Measured implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(30);

    private final Connections connections;
    private final Probe probe;

    Measured(Database database, Signal signal) {
        this.connections = new Connections("main", database.connectionFactory());
        this.probe = signal.probe(Schedulers.parallel());
    }

    Reading reading() {
        return reading(null);
    }

    Reading reading(@Nullable String table) {
        return connections
                .lendOne(connection -> probe.look(connection, table == null ? null : TableName.parse(table)))
                .block(SOON);
    }

    double value() {
        return reading().value();
    }

    /** Measures once. */
    static Reading reading(Database database, Signal signal, @Nullable String table) {
        try (Measured measured = new Measured(database, signal)) {
            return measured.reading(table);
        }
    }

    static Reading reading(Database database, Signal signal) {
        return reading(database, signal, null);
    }

    /** A session that stays open after these statements. */
    static Session session(Database database, String... statements) {
        Connection connection = Mono.from(database.connectionFactory().create()).block(SOON);
        for (String statement : statements) {
            Statements.script(connection, statement).block(SOON);
        }
        return new Session(connection);
    }

    record Session(Connection connection) implements AutoCloseable {

        long pid() {
            return Statements.queryOne(
                            connection, "select pg_backend_pid()::bigint as pid", row -> row.get("pid", Long.class))
                    .block(SOON);
        }

        @Override
        public void close() {
            Mono.from(connection.close()).block(SOON);
        }
    }

    @Override
    public void close() {
        connections.close().block(SOON);
    }
}
