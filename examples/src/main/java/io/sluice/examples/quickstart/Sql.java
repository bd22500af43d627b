package io.sluice.examples.quickstart;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A statement on a connection of its own. */
final class Sql {

    private Sql() {}

    /** Emits the number of changed rows. */
    static Mono<Long> update(ConnectionFactory database, String sql, Object... values) {
        return results(database, sql, values, Result::getRowsUpdated).reduce(0L, Long::sum);
    }

    /** Emits what the function makes of each row. */
    static <T> Flux<T> query(
            ConnectionFactory database, String sql, Function<? super Readable, ? extends T> row, Object... values) {
        return results(database, sql, values, result -> result.map(row::apply));
    }

    private static <T> Flux<T> results(
            ConnectionFactory database, String sql, Object[] values, Function<Result, Publisher<? extends T>> read) {
        return Flux.usingWhen(
                database.create(),
                connection ->
                        Flux.from(bound(connection, sql, values).execute()).concatMap(read),
                Connection::close);
    }

    private static Statement bound(Connection connection, String sql, Object[] values) {
        Statement statement = connection.createStatement(sql);
        for (int place = 0; place < values.length; place++) {
            statement.bind(place, values[place]);
        }
        return statement;
    }
}
