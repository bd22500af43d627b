package io.sluice.benchmarks;

import static io.r2dbc.spi.ConnectionFactoryOptions.DRIVER;
import static io.r2dbc.spi.ConnectionFactoryOptions.HOST;

import io.r2dbc.spi.ConnectionFactoryOptions;

/** The address of a database as the option {@code --url} of a command gives it. */
public final class DatabaseUrl {

    private DatabaseUrl() {}

    /**
     * What it says.
     *
     * @throws IllegalArgumentException when no PostgreSQL can be meant by it; the message does not have the user and the password
     */
    public static ConnectionFactoryOptions parse(String url) {
        try {
            ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(url);
            if ("postgresql".equals(options.getValue(DRIVER)) && options.hasOption(HOST)) {
                return options;
            }
        } catch (IllegalArgumentException e) {
            // its message may quote the address; ours follows
        }
        throw new IllegalArgumentException("--url must be r2dbc:postgresql://user:password@host:port/database, was '"
                + url.replaceAll("//.*@", "//…@") + "'");
    }
}
