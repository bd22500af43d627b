package io.sluice.testkit;

import io.r2dbc.spi.ConnectionFactoryOptions;
import java.util.Map;

/**
 * A server that tests may create databases on.
 *
 * @param kind  where it comes from, for the line that says so
 * @param admin how to reach its maintenance database as a user who may create others
 * @param ours  whether it goes with this JVM, and its databases with it
 */
record TestServer(String kind, ConnectionFactoryOptions admin, boolean ours) {

    /** The one that the environment names, else one in a container, else an embedded one. */
    static TestServer choose() {
        String url = System.getenv("SLUICE_TEST_DATABASE_URL");
        if (url != null && !url.isBlank()) {
            return new TestServer("SLUICE_TEST_DATABASE_URL", ConnectionFactoryOptions.parse(url), false);
        }
        return dockerAnswers() ? container() : embedded();
    }

    private static boolean dockerAnswers() {
        try {
            return ContainerPostgres.isPossible();
        } catch (NoClassDefFoundError e) {
            return false; // Testcontainers is not on the class path
        }
    }

    private static TestServer container() {
        return new TestServer("Testcontainers", ContainerPostgres.start(SETTINGS), true);
    }

    private static TestServer embedded() {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        SETTINGS.forEach(builder::setting);
        return new TestServer(
                "embedded", ConnectionFactoryOptions.parse(builder.start().url()), true);
    }

    /** Many pools at once, and slots for those who test replication; nothing is worth flushing. */
    private static final Map<String, String> SETTINGS =
            Map.of("max_connections", "300", "wal_level", "logical", "fsync", "off", "max_prepared_transactions", "4");
}
