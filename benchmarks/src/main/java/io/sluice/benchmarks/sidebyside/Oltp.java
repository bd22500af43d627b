package io.sluice.benchmarks.sidebyside;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Clients that each read and change one row at a time, so many times a second whatever the answers take: latency is counted from
 * the instant at which a transaction was to begin, so a stall is felt by all that were due in it.
 */
final class Oltp implements AutoCloseable {

    private static final int CLIENTS = 4;
    private static final Duration LATEST = Duration.ofMinutes(5);

    private final Server server;
    private final int rows;
    private final long interval;
    private final List<Thread> clients = new ArrayList<>();
    private final Histogram latencies = new Histogram(TimeUnit.MINUTES.toMicros(5), 3);
    private final CountDownLatch behindTheEnd = new CountDownLatch(CLIENTS);
    private volatile long from = Long.MAX_VALUE;
    private volatile long to = Long.MAX_VALUE;
    private volatile boolean over;
    private long errors;

    Oltp(Server server, int rows, int perSecond) {
        this.server = server;
        this.rows = rows;
        this.interval = TimeUnit.SECONDS.toNanos(1) * CLIENTS / perSecond;
    }

    /**
     * What was seen in one stretch of time, in ms.
     *
     * @param lockWaits of whomever, the backfill too
     * @param deadRows that the table has at its end
     */
    record Latency(
            double p50,
            double p99,
            double p999,
            double most,
            long transactions,
            long errors,
            long lockWaits,
            long deadRows) {

        Latency beside(long waits, long dead) {
            return new Latency(p50, p99, p999, most, transactions, errors, waits, dead);
        }
    }

    Oltp start() {
        for (int i = 0; i < CLIENTS; i++) {
            Thread client = new Thread(this::client, "client " + i);
            client.setDaemon(true);
            clients.add(client);
            client.start();
        }
        return this;
    }

    /** Counts what is due from now on. */
    synchronized void begin() {
        latencies.reset();
        errors = 0;
        from = System.nanoTime();
    }

    /**
     * What was due since, however late it was: a client that hangs now is waited for, or the worst of all would be what is left out.
     */
    Latency end() throws InterruptedException {
        to = System.nanoTime();
        if (!behindTheEnd.await(LATEST.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("clients still hang " + LATEST + " after the end, or have failed");
        }
        return counted();
    }

    private synchronized Latency counted() {
        if (latencies.getTotalCount() == 0) {
            throw new IllegalStateException("no transaction was due, so that nothing can be said");
        }
        return new Latency(
                latencies.getValueAtPercentile(50) / 1000.0,
                latencies.getValueAtPercentile(99) / 1000.0,
                latencies.getValueAtPercentile(99.9) / 1000.0,
                latencies.getMaxValue() / 1000.0,
                latencies.getTotalCount(),
                errors,
                0,
                0);
    }

    private void client() {
        try (Connection connection = server.connect();
                PreparedStatement read = connection.prepareStatement("select amount from items where id = ?");
                PreparedStatement change = connection.prepareStatement("update items set name = name where id = ?")) {
            connection.setAutoCommit(false);
            long due = System.nanoTime() + ThreadLocalRandom.current().nextLong(interval);
            while (!over) {
                LockSupport.parkNanos(due - System.nanoTime());
                if (System.nanoTime() >= due) {
                    if (due >= to) {
                        behindTheEnd.countDown();
                        return;
                    }
                    transaction(connection, read, change, due);
                    due += interval;
                }
            }
        } catch (SQLException e) {
            if (!over) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void transaction(Connection connection, PreparedStatement read, PreparedStatement change, long due)
            throws SQLException {
        long id = 1 + ThreadLocalRandom.current().nextLong(rows);
        boolean failed = false;
        try {
            read.setLong(1, id);
            read.executeQuery().close();
            change.setLong(1, id);
            change.executeUpdate();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            failed = true;
        }
        record(due, failed);
    }

    private synchronized void record(long due, boolean failed) {
        if (due >= from && due < to) {
            errors += failed ? 1 : 0;
            latencies.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - due));
        }
    }

    @Override
    public void close() {
        over = true;
        try {
            for (Thread client : clients) {
                client.join(TimeUnit.SECONDS.toMillis(30));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
