package io.sluice.testkit;

import io.r2dbc.spi.ConnectionFactoryOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The only class that knows Testcontainers, so that the testkit works without it on the class path. */
final class ContainerPostgres {

    private ContainerPostgres() {}

    static boolean isPossible() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    /** Starts a container of the version that the build asks for; it goes with this JVM. */
    @SuppressWarnings("resource") // Testcontainers ends it, also when this JVM is killed
    static ConnectionFactoryOptions start(Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        PostgreSQLContainer container = new PostgreSQLContainer(
                        "postgres:" + System.getProperty("sluice.postgres.version", "18"))
                .withUsername("postgres")
                .withPassword("postgres")
                .withDatabaseName("postgres")
                .withCommand(command.toArray(String[]::new));
        container.start();
        return ConnectionFactoryOptions.parse("r2dbc:postgresql://postgres:postgres@" + container.getHost() + ":"
                + container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT) + "/postgres");
    }
}
