package io.sluice.benchmarks.sidebyside;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Counts waits for locks by looking every 5 ms: shorter ones are mostly missed, and those are nobody's trouble. */
final class LockWaits implements AutoCloseable {

    private static final String WAITING =
            "select pid || ' ' || waitstart from pg_locks where not granted and waitstart is not null";

    private final Server server;
    private final Set<String> seen = new HashSet<>();
    private final Thread thread = new Thread(this::look, "lock waits");
    private volatile boolean over;

    LockWaits(Server server) {
        this.server = server;
    }

    LockWaits start() {
        thread.setDaemon(true);
        thread.start();
        return this;
    }

    private void look() {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            while (!over) {
                try (ResultSet rows = statement.executeQuery(WAITING)) {
                    while (rows.next()) {
                        seen.add(rows.getString(1));
                    }
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many there were. */
    long ended() throws InterruptedException {
        close();
        thread.join();
        return seen.size();
    }

    @Override
    public void close() {
        over = true;
    }
}
