package io.sluice.benchmarks.sidebyside;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A database as both drivers reach it. What is done here is never measured.
 *
 * @param sslMode as the drivers name it: {@code disable}, {@code require}, {@code verify-full}, …; null: theirs
 */
record Server(
        String host,
        int port,
        String database,
        String user,
        String password,
        @Nullable String sslMode) {

    Server(String host, int port, String database, String user, String password) {
        this(host, port, database, user, password, null);
    }

    /** The same database by another way. */
    Server through(int otherPort) {
        return new Server("127.0.0.1", otherPort, database, user, password, sslMode);
    }

    /** The same database as somebody else. */
    Server as(String otherUser, String otherPassword) {
        return new Server(host, port, database, otherUser, otherPassword, sslMode);
    }

    ConnectionFactory r2dbc() {
        ConnectionFactoryOptions.Builder options = ConnectionFactoryOptions.builder()
                .option(ConnectionFactoryOptions.DRIVER, "postgresql")
                .option(ConnectionFactoryOptions.HOST, host)
                .option(ConnectionFactoryOptions.PORT, port)
                .option(ConnectionFactoryOptions.DATABASE, database)
                .option(ConnectionFactoryOptions.USER, user)
                .option(ConnectionFactoryOptions.PASSWORD, password);
        if (sslMode != null) {
            options.option(Option.valueOf("sslMode"), sslMode);
        }
        return ConnectionFactories.get(options.build());
    }

    Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        if (sslMode != null) {
            properties.setProperty("sslmode", sslMode);
        }
        return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/" + database, properties);
    }

    void execute(List<String> statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    long number(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    String text(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
