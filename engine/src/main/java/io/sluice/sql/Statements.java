package io.sluice.sql;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Runs statements on a connection. Values are bound in order to {@code $1}, {@code $2}, …; a value that may be null is bound
 * as text, so its place in the statement names the type ({@code $3::timestamptz}).
 */
public final class Statements {

    private Statements() {}

    /** Emits one value per row, mapped. */
    public static <T> Flux<T> query(
            Connection connection,
            String sql,
            Function<? super Readable, ? extends T> row,
            @Nullable Object... values) {
        return Flux.from(bound(connection, sql, values).execute()).concatMap(result -> result.map(row::apply));
    }

    /** Emits the first row, mapped; empty when there is none. The rest is read and dropped, so that the connection is free. */
    public static <T> Mono<T> queryOne(
            Connection connection,
            String sql,
            Function<? super Readable, ? extends T> row,
            @Nullable Object... values) {
        return query(connection, sql, row, values)
                .collectList()
                .flatMap(rows -> rows.isEmpty() ? Mono.empty() : Mono.just(rows.get(0)));
    }

    /** Emits the number of rows that the statement changed. */
    public static Mono<Long> update(Connection connection, String sql, @Nullable Object... values) {
        return Flux.from(bound(connection, sql, values).execute())
                .concatMap(Result::getRowsUpdated)
                .reduce(0L, Long::sum);
    }

    /** Runs statements separated by semicolons in one message: one implicit transaction, one round trip, nothing bound. */
    public static Mono<Void> script(Connection connection, String sql) {
        return Flux.from(connection.createStatement(sql).execute())
                .concatMap(Result::getRowsUpdated)
                .then();
    }

    private static Statement bound(Connection connection, String sql, @Nullable Object... values) {
        Statement statement = connection.createStatement(sql);
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            if (value == null) {
                statement.bindNull(i, String.class);
            } else {
                statement.bind(i, value);
            }
        }
        return statement;
    }
}
