package io.sluice.testkit;

import static io.r2dbc.spi.ConnectionFactoryOptions.DATABASE;
import static io.r2dbc.spi.ConnectionFactoryOptions.HOST;
import static io.r2dbc.spi.ConnectionFactoryOptions.PASSWORD;
import static io.r2dbc.spi.ConnectionFactoryOptions.PORT;
import static io.r2dbc.spi.ConnectionFactoryOptions.USER;

import io.r2dbc.spi.ConnectionFactoryOptions;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one PostgreSQL which all tests of a JVM share, each in a database of its own.
 *
 * <p>It is the server of {@code SLUICE_TEST_DATABASE_URL} (an R2DBC address whose user may create databases) where that
 * variable is set; else one in a container where Testcontainers finds Docker; else an {@link EmbeddedPostgres}. So
 * there always is one, and no test is skipped for want of it. A line in the log says which one it is.
 */
public final class TestDatabase {

    private static final Logger LOG = LoggerFactory.getLogger(TestDatabase.class);
    private static final int DEFAULT_PORT = 5432;

    private static @Nullable TestDatabase shared;

    private final TestServer server;
    private final String version;
    private final AtomicInteger created = new AtomicInteger();
    private final Set<Database> toDrop = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable CompletableFuture<Database>> ahead = new AtomicReference<>();

    private TestDatabase(TestServer server) {
        this.server = server;
        this.version = String.valueOf(maintenance().queryString("show server_version"));
    }

    /** The server; the first call starts it. */
    public static synchronized TestDatabase shared() {
        if (shared == null) {
            shared = new TestDatabase(TestServer.choose());
            LOG.info("Tests run on PostgreSQL {} ({}, {})", shared.version, shared.kind(), shared.maintenance());
            Runtime.getRuntime().addShutdownHook(new Thread(shared::dropAll, "test-databases-drop"));
        }
        return shared;
    }

    /** A fresh and empty database on the shared server, dropped when this JVM ends, or when it is closed. */
    public static Database createDatabase() {
        return shared().create();
    }

    /** The version that the server tells of itself, such as {@code 18.6}. */
    public String version() {
        return version;
    }

    /** Which server it is: {@code SLUICE_TEST_DATABASE_URL}, {@code Testcontainers} or {@code embedded}. */
    public String kind() {
        return server.kind();
    }

    /** The database which the server comes with, for statements about the server itself; not for tables. */
    public Database maintenance() {
        return database(String.valueOf(server.admin().getValue(DATABASE)));
    }

    /** A test waits for what the one before it had made in advance: making a database takes longer than many a test. */
    private Database create() {
        CompletableFuture<Database> made = ahead.getAndSet(CompletableFuture.supplyAsync(this::made));
        return made == null ? made() : made.join();
    }

    private Database made() {
        // The process number tells databases of builds apart that run on one server at the same time.
        String name = "sluice_test_" + ProcessHandle.current().pid() + "_" + created.incrementAndGet();
        // Nobody can be connected to template0, which would be a reason for the server to refuse.
        maintenance().execute("create database " + name + " template template0");
        Database database = database(name);
        toDrop.add(database);
        return database;
    }

    void drop(Database database) {
        if (toDrop.remove(database)) {
            maintenance().execute("drop database if exists " + database.name() + " with (force)");
        }
    }

    private void dropAll() {
        if (!server.ours()) {
            CompletableFuture<Database> unused = ahead.get();
            if (unused != null) {
                unused.exceptionally(failed -> null).join();
            }
            toDrop.forEach(this::drop);
        }
    }

    private Database database(String name) {
        ConnectionFactoryOptions admin = server.admin();
        Object port = admin.getValue(PORT);
        Object password = admin.getValue(PASSWORD);
        return new Database(
                String.valueOf(admin.getRequiredValue(HOST)),
                port == null ? DEFAULT_PORT : (Integer) port,
                name,
                String.valueOf(admin.getRequiredValue(USER)),
                password == null ? "" : password.toString());
    }
}
