package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcBadGrammarException;
import io.r2dbc.spi.R2dbcException;
import io.sluice.data.Work.CodeWork;
import io.sluice.data.Work.LateWork;
import io.sluice.data.Work.SqlWork;
import io.sluice.ledger.LedgerName;
import io.sluice.run.Json;
import io.sluice.run.KeyBounds;
import io.sluice.sql.Bindings;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Holds a migration against the database before anything is touched: the table and its key, the statement (planned, not run),
 * the conditions, the bounds. Each refusal is a {@link DefinitionException} that quotes what is wrong.
 */
final class WorkCheck {

    private final TableCatalog tables;

    WorkCheck(LedgerName ledger) {
        this.tables = new TableCatalog(ledger);
    }

    /** Emits the work itself, its statement made where that depends on the columns of the table. */
    Mono<Work> stated(Connection connection, Work work) {
        return work instanceof LateWork late
                ? new ColumnCatalog()
                        .columns(connection, late.table())
                        .<Work>map(columns -> late.statement().apply(columns))
                        .onErrorMap(
                                IllegalArgumentException.class,
                                e -> new DefinitionException(String.valueOf(e.getMessage()), e))
                : Mono.just(work);
    }

    /** Emits the key to walk by; empty for a source that is no table. */
    Mono<Keyset> check(Connection connection, Work work, KeyBounds bounds) {
        if (work instanceof SqlWork sql) {
            BatchCondition.requireBound(
                    sql.statement(), sql.bindings(), sql.source().filter(), sql.remaining());
            return values(connection, sql)
                    .then(Mono.defer(() -> table(connection, sql.source(), sql.remaining(), sql.values(), bounds)))
                    .flatMap(keys -> statement(connection, keys, sql).thenReturn(keys));
        }
        if (work instanceof CodeWork code) {
            return table(connection, code.source(), code.remaining(), NamedValues.NONE, bounds);
        }
        return bounds.equals(KeyBounds.NONE)
                ? Mono.empty()
                : Mono.error(new DefinitionException("a source of items has no key to bound"));
    }

    /** Each value with a type is read as that, by itself: a plan would not read all of them. */
    private static Mono<Void> values(Connection connection, SqlWork work) {
        return Flux.fromIterable(work.types().entrySet())
                .concatMap(typed -> Statements.queryOne(
                                connection,
                                "select ($1::text)::" + typed.getValue() + " is null",
                                row -> 1,
                                work.bindings().get(typed.getKey()))
                        .onErrorMap(
                                WorkCheck::isRefusal,
                                e -> new DefinitionException(
                                        "a value cannot be read as " + typed.getValue() + " (" + e.getMessage() + "): "
                                                + work.bindings().get(typed.getKey()),
                                        e)))
                .then();
    }

    private Mono<Keyset> table(
            Connection connection, Source source, @Nullable String remaining, NamedValues values, KeyBounds bounds) {
        return tables.keyset(connection, source)
                .flatMap(keys -> bounds(connection, keys, bounds)
                        .then(condition(connection, keys, source.filter(), values))
                        .then(condition(connection, keys, remaining, values))
                        .thenReturn(keys));
    }

    private Mono<Void> bounds(Connection connection, Keyset keys, KeyBounds bounds) {
        return bound(connection, keys, bounds.lower(), "lower")
                .then(Mono.defer(() -> bound(connection, keys, bounds.upper(), "upper")));
    }

    private Mono<Void> bound(Connection connection, Keyset keys, @Nullable List<String> key, String which) {
        if (key == null) {
            return Mono.empty();
        }
        if (key.size() != keys.width()) {
            return Mono.error(new DefinitionException("the " + which + " bound must have a value for each of the key's "
                    + keys.width() + " columns (" + keys.list() + "), has " + key.size()));
        }
        Bindings bindings = new Bindings();
        String sql = "select " + keys.texts(keys.decoded(bindings.add(key))) + " as key";
        return Statements.queryOne(connection, sql, row -> 1, bindings.values())
                .onErrorMap(
                        WorkCheck::isRefusal,
                        e -> new DefinitionException(
                                "the " + which + " bound is no key of " + keys.table() + " (" + keys.list() + "): "
                                        + e.getMessage(),
                                e))
                .then();
    }

    private Mono<Void> condition(Connection connection, Keyset keys, @Nullable String condition, NamedValues values) {
        if (condition == null) {
            return Mono.empty();
        }
        Bindings bindings = new Bindings(true);
        String rendered = BatchCondition.rendered(
                condition, values, name -> bindings.add(values.texts().get(name), "text"));
        String sql = "explain select 1 from " + keys.table() + " where (" + rendered + ") and $1::boolean";
        return Statements.query(connection, sql, row -> 1, bindings.values())
                .onErrorMap(WorkCheck::isRefusal, e -> wrong("condition", condition, e))
                .then();
    }

    private Mono<Void> statement(Connection connection, Keyset keys, SqlWork work) {
        Bindings bindings = new Bindings();
        // a key of NULLs plans as any other; nothing is run
        String nulls = bindings.add(null, "text[]");
        BatchCondition condition =
                new BatchCondition(keys, work.source().filter(), work.remaining(), null, work.values());
        String sql = condition.render(
                work.statement(),
                new Keyset.Lower(keys.decoded(nulls), false),
                keys.decoded(nulls),
                name -> bindings.add(work.bindings().get(name), "text"));
        return Statements.queryOne(
                        connection,
                        "explain (verbose, format json) " + sql,
                        row -> requireNonNull(row.get(0, String.class)),
                        bindings.values())
                .onErrorMap(
                        WorkCheck::isRefusal,
                        e -> wrong("statement", work.statement().toString(), e))
                .flatMap(plan -> isChange(plan)
                        ? Mono.<Void>empty()
                        : Mono.error(new DefinitionException(
                                "the statement must be an INSERT, UPDATE, DELETE or MERGE without RETURNING: "
                                        + work.statement())));
    }

    /** A node that changes rows has output only where RETURNING asks for it. */
    private static boolean isChange(String plan) {
        JsonNode top = Json.MAPPER.readTree(plan).path(0).path("Plan");
        return top.path("Node Type").asString().equals("ModifyTable")
                && top.path("Output").isEmpty();
    }

    /** The server understood and says no; a lost connection or a lock that was not to be had say nothing of the migration. */
    private static boolean isRefusal(Throwable error) {
        return error instanceof R2dbcException && SqlFault.of(error) == SqlFault.PERMANENT;
    }

    private static DefinitionException wrong(String what, String text, Throwable e) {
        String kind = e instanceof R2dbcBadGrammarException ? "is not understood by the server" : "cannot be planned";
        return new DefinitionException("the " + what + " " + kind + " (" + e.getMessage() + "): " + text, e);
    }
}
