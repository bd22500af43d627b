package io.sluice.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL which this JVM starts as a child process, as any user, root included.
 *
 * <p>It listens on 127.0.0.1 only, its one user {@code postgres} needs no password. Without
 * {@link Builder#data(Path)} its data are thrown away, and are not flushed to disk: they survive a crash of the
 * server, not one of the machine. It goes with this JVM, however that ends, kill -9 included.
 *
 * <p>Tests that only need a database take {@link TestDatabase}. The methods block, and are safe from any thread.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    static final String HOST = "127.0.0.1";

    private static final int START_ATTEMPTS = 5;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(200);

    private final DataDirectory data;
    private final Map<String, String> settings;
    private final Thread shutdownHook = new Thread(this::end, "embedded-postgres-end");
    private final boolean hooked;
    private volatile int port;
    private boolean closed;
    private @Nullable Postmaster postmaster;

    private EmbeddedPostgres(DataDirectory data, Map<String, String> settings, boolean hooked) {
        this.data = data;
        this.settings = settings;
        this.hooked = hooked;
    }

    /** A server with the newest version found, on a free port, with data that are thrown away, unless told otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts a server with nothing told otherwise. */
    public static EmbeddedPostgres start() {
        return builder().start();
    }

    /** The address that it listens on: 127.0.0.1. */
    public String host() {
        return HOST;
    }

    /** The port that it listens on; a restart keeps it. */
    public int port() {
        return port;
    }

    /** The R2DBC address of the database {@code postgres}, for its superuser. */
    public String url() {
        return "r2dbc:postgresql://postgres@" + HOST + ":" + port + "/postgres";
    }

    /** The version of the server as it tells it itself, such as {@code 18.6}. */
    public String version() {
        return data.binaries().version();
    }

    /** The process number of the postmaster; fails when the server is stopped. */
    public synchronized long pid() {
        if (postmaster == null) {
            throw new IllegalStateException("the server on port " + port + " is stopped");
        }
        return postmaster.pid();
    }

    /** Stops the server and keeps its data; returns when it is gone. Does nothing when it is stopped. */
    public synchronized void stop(StopMode mode) {
        if (postmaster != null) {
            postmaster.stop(mode);
            postmaster = null;
        }
    }

    /** Stops the server, unless it is stopped, and starts it again on the same port with the same data. */
    public synchronized void restart(StopMode mode) {
        stop(mode);
        start(port, false);
    }

    /** Stops the server for good, and deletes its data unless they are to last. May be called twice. */
    @Override
    public void close() {
        if (hooked && !unhook()) {
            return; // the JVM is going down, and the hook does the same
        }
        end();
    }

    private boolean unhook() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private synchronized void end() {
        closed = true;
        stop(data.lasting() ? StopMode.FAST : StopMode.IMMEDIATE);
        data.discard();
    }

    private synchronized void start(int wantedPort, boolean anyOther) {
        if (closed) {
            throw new IllegalStateException("the server on port " + port + " is closed for good");
        }
        port = wantedPort;
        for (int attempt = 1; postmaster == null; attempt++) {
            try {
                postmaster = Postmaster.start(data, port, settings);
            } catch (ServerDidNotStartException e) {
                if (!e.isWorthAnotherTry() || attempt == START_ATTEMPTS) {
                    throw e;
                }
                pauseBetweenAttempts(e);
                port = anyOther ? Ports.free() : port;
            }
        }
    }

    private static void pauseBetweenAttempts(ServerDidNotStartException reason) {
        try {
            TimeUnit.MILLISECONDS.sleep(BETWEEN_ATTEMPTS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw reason;
        }
    }

    /** What a server is to be like. Everything is optional. */
    public static final class Builder {

        private final Map<String, String> settings = new LinkedHashMap<>();
        private @Nullable String version;
        private @Nullable Path data;
        private boolean hooked = true;
        private int port;

        private Builder() {}

        /** The major version, such as {@code 14}. Default: the newest on the class path, or that of {@code PG_BIN}. */
        public Builder version(String major) {
            this.version = major;
            return this;
        }

        /**
         * A directory for data that last: it is used again when it holds a cluster already, it is flushed to disk as a
         * real one, and it is not deleted. When root starts the server, the directory becomes nobody's, and others
         * must be allowed to traverse its parents.
         */
        public Builder data(Path directory) {
            this.data = directory;
            return this;
        }

        /** A setting of {@code postgresql.conf}, as {@code setting("max_connections", "200")}; the last one counts. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** The port to listen on. Default 0: a free one. */
        public Builder port(int number) {
            if (number < 0 || number > 65_535) {
                throw new IllegalArgumentException("a port must be 0..65535, was " + number);
            }
            this.port = number;
            return this;
        }

        /**
         * Leaves the end of the server to {@link EmbeddedPostgres#close()}, for a program which still needs it in a
         * shutdown hook of its own: hooks run all at once, and the server's would not wait. If the JVM goes without
         * closing it, the server is made to crash.
         */
        public Builder closedByCaller() {
            this.hooked = false;
            return this;
        }

        /** Starts the server and returns when it takes connections: about a second, three when it unpacks first. */
        public EmbeddedPostgres start() {
            Scratch.sweep();
            PostgresBinaries binaries = PostgresBinaries.find(version);
            DataDirectory directory =
                    data == null ? DataDirectory.throwAway(binaries) : DataDirectory.lasting(data, binaries);
            EmbeddedPostgres server = new EmbeddedPostgres(directory, settings(directory), hooked);
            if (hooked) {
                Runtime.getRuntime().addShutdownHook(server.shutdownHook);
            }
            try {
                server.start(port == 0 ? Ports.free() : port, port == 0);
            } catch (RuntimeException e) {
                server.close();
                throw e;
            }
            return server;
        }

        private Map<String, String> settings(DataDirectory directory) {
            Map<String, String> all = new LinkedHashMap<>();
            if (!directory.lasting()) {
                // Only what a crash of the machine needs. What is committed survives a crash of the server.
                all.putAll(Map.of("fsync", "off", "full_page_writes", "off"));
            }
            all.putAll(settings);
            return all;
        }
    }
}
