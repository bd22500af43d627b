package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.sql.Bindings;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The rows of one sub-batch, within its transaction, as code gets them. Valid until the publisher of the code ends. */
public final class Batch {

    private final SubBatchTransaction transaction;
    private final BatchCondition condition;
    private final CodeStatements statements;
    private final KeyLookup.@Nullable From from;
    private final List<String> upper;

    Batch(
            SubBatchTransaction transaction,
            BatchCondition condition,
            CodeStatements statements,
            KeyLookup.@Nullable From from,
            List<String> upper) {
        this.transaction = transaction;
        this.condition = condition;
        this.statements = statements;
        this.from = from;
        this.upper = upper;
    }

    /** The connection of the transaction that also commits the checkpoint. Do not commit, roll back or close it. */
    public Connection connection() {
        return transaction.connection();
    }

    /** Text of the key where the batch begins; null where it begins with the first row. */
    public @Nullable List<String> lower() {
        return from == null ? null : from.key();
    }

    /** True where a row with the key {@link #lower()} is part of the batch: only at a lower bound that was given. */
    public boolean isLowerIncluded() {
        return from != null && from.included();
    }

    /** Text of the last key of the batch, which is part of it. */
    public List<String> upper() {
        return upper;
    }

    /**
     * Changes rows of the batch. One statement at a time: one that is sent while another is at work waits for it, and counts as not
     * answered when it has waited for longer than the limits let a statement take.
     *
     * @param statement says {@code {batch}} (or {@code {batch:alias}}) where the rows of the batch are chosen; values are
     *     {@code $1}, {@code $2}, … as always
     * @return the number of changed rows
     */
    public Mono<Long> update(String statement, @Nullable Object... values) {
        Bindings bindings = new Bindings(values);
        return updated(render(statements.read(statement), bindings), bindings);
    }

    /** Reads rows of the batch; the condition and values as in {@link #update}. Emits what the function makes of each row. */
    public <T> Flux<T> rows(String query, Function<? super Readable, ? extends T> row, @Nullable Object... values) {
        Bindings bindings = new Bindings(values);
        String sql = render(statements.read(query), bindings);
        return transaction.answered(Statements.<T>query(connection(), sql, row, bindings.values()));
    }

    /** The statement of a migration in SQL form, where its function cannot be made. */
    Mono<Long> update(SqlTemplate statement) {
        Bindings bindings = new Bindings();
        return updated(render(statement, bindings), bindings);
    }

    private Mono<Long> updated(String sql, Bindings bindings) {
        return transaction.answered(Statements.update(connection(), sql, bindings.values()));
    }

    /** How many rows of the batch match the condition of the pass. */
    Mono<Long> count() {
        Bindings bindings = new Bindings();
        Keyset keys = condition.keys();
        Keyset.Lower lower = new KeyLookup(keys).lower(from, bindings);
        String sql = condition.count(lower, keys.decoded(bindings.add(upper)), text(bindings));
        return transaction.answered(
                Statements.queryOne(connection(), sql, row -> row.get(0, Long.class), bindings.values()));
    }

    private String render(SqlTemplate statement, Bindings bindings) {
        Keyset keys = condition.keys();
        Keyset.Lower lower = new KeyLookup(keys).lower(from, bindings);
        return condition.render(statement, lower, keys.decoded(bindings.add(upper)), text(bindings));
    }

    private Function<String, String> text(Bindings bindings) {
        return name -> bindings.add(condition.values().texts().get(name), "text");
    }
}
