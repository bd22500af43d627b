package io.sluice.testkit;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** SQL for threads that may wait: one connection for each call, closed before the call returns. */
final class BlockingSql {

    private static final Duration AT_MOST = Duration.ofMinutes(2);

    private BlockingSql() {}

    static void execute(ConnectionFactory connections, List<String> statements) {
        Flux.usingWhen(
                        connections.create(),
                        connection -> Flux.fromIterable(statements)
                                .concatMap(sql ->
                                        Flux.from(result(connection, sql)).concatMap(Result::getRowsUpdated)),
                        Connection::close)
                .then()
                .block(AT_MOST);
    }

    static List<List<@Nullable Object>> query(ConnectionFactory connections, String sql) {
        List<List<@Nullable Object>> rows = Flux.usingWhen(
                        connections.create(),
                        connection -> Flux.from(result(connection, sql))
                                .concatMap(result -> result.map((row, columns) ->
                                        values(row, columns.getColumnMetadatas().size()))),
                        Connection::close)
                .collectList()
                .block(AT_MOST);
        return rows == null ? List.of() : rows;
    }

    private static Publisher<? extends Result> result(Connection connection, String sql) {
        return connection.createStatement(sql).execute();
    }

    private static List<@Nullable Object> values(Readable row, int columns) {
        List<@Nullable Object> values = new ArrayList<>(columns);
        for (int column = 0; column < columns; column++) {
            values.add(row.get(column));
        }
        return values;
    }
}
