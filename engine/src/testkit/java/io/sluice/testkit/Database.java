package io.sluice.testkit;

import static io.r2dbc.spi.ConnectionFactoryOptions.DATABASE;
import static io.r2dbc.spi.ConnectionFactoryOptions.DRIVER;
import static io.r2dbc.spi.ConnectionFactoryOptions.HOST;
import static io.r2dbc.spi.ConnectionFactoryOptions.PASSWORD;
import static io.r2dbc.spi.ConnectionFactoryOptions.PORT;
import static io.r2dbc.spi.ConnectionFactoryOptions.USER;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import java.net.URLEncoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One database on a server, with a little blocking SQL for what a test prepares and looks up.
 *
 * <p>Each call of {@code execute} and of a query uses a connection of its own and closes it, so a test sees what others
 * would see. They may be called from any thread on which one may block, so not from one of Reactor's.
 */
public record Database(String host, int port, String name, String user, String password) implements AutoCloseable {

    /** A factory without a pool: each connection is a fresh session. */
    public ConnectionFactory connectionFactory() {
        return ConnectionFactories.get(options());
    }

    /** What {@link #connectionFactory()} is made of; {@code options().mutate()} adds to it. */
    public ConnectionFactoryOptions options() {
        return ConnectionFactoryOptions.builder()
                .option(DRIVER, "postgresql")
                .option(HOST, host)
                .option(PORT, port)
                .option(DATABASE, name)
                .option(USER, user)
                .option(PASSWORD, password)
                .build();
    }

    /** The R2DBC address to connect with; it has the password, if there is one. */
    public String url() {
        return address(password.isEmpty() ? user : user + ":" + URLEncoder.encode(password, UTF_8));
    }

    /**
     * Executes statements in this order, each in a transaction of its own. A string with several statements is sent as
     * it is, and they share one transaction.
     */
    public void execute(String... sql) {
        BlockingSql.execute(connectionFactory(), List.of(sql));
    }

    /** The rows of a query, each with its values in the order of the columns. */
    public List<List<@Nullable Object>> query(String sql) {
        return BlockingSql.query(connectionFactory(), sql);
    }

    /** The one number which the query yields: one row, one column, not null. */
    public long queryLong(String sql) {
        if (single(sql) instanceof Number number) {
            return number.longValue();
        }
        throw new IllegalStateException("not a number: " + sql);
    }

    /** The one value which the query yields, as text; null for SQL's null. */
    public @Nullable String queryString(String sql) {
        Object value = single(sql);
        return value == null ? null : value.toString();
    }

    /** Drops the database and ends the sessions that use it. It need not be called: the end of the JVM does the same. */
    @Override
    public void close() {
        TestDatabase.shared().drop(this);
    }

    /** The address without the password. */
    @Override
    public String toString() {
        return address(user);
    }

    private String address(String credentials) {
        return "r2dbc:postgresql://" + credentials + "@" + host + ":" + port + "/" + name;
    }

    private @Nullable Object single(String sql) {
        List<List<@Nullable Object>> rows = query(sql);
        if (rows.size() != 1 || rows.get(0).size() != 1) {
            throw new IllegalStateException(
                    "one row with one column was expected, but there were " + rows.size() + " rows: " + sql);
        }
        return rows.get(0).get(0);
    }
}
