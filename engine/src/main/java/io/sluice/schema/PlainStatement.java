package io.sluice.schema;

import io.r2dbc.spi.Connection;
import java.util.Locale;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/** A statement that leaves no trace in the catalog by which one could tell that it was done; the ledger keeps that. */
final class PlainStatement implements Change {

    private static final Pattern END = Pattern.compile("[\\s;]+$");

    /** What changes rows, behind comments: it waits for rows that others have locked, and its lock on the table harms nobody. */
    private static final Pattern OF_ROWS = Pattern.compile(
            "^(?>\\s|--[^\\n]*\\n|/\\*(?>(?!\\*/).)*+\\*/)*+(insert|update|delete|merge|with)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final Step step;

    private PlainStatement(Step step) {
        this.step = step.doneOnce();
    }

    static Change refresh(Relation view) {
        if (!view.isView()) {
            throw new SchemaDefinitionException(view + " is no materialized view");
        }
        return new PlainStatement(
                Step.gentle("refresh " + view, "refresh materialized view concurrently " + view.quoted()));
    }

    static Change vacuum(Relation table) {
        return new PlainStatement(Step.concurrent("vacuum " + table, "vacuum " + table.quoted(), probe(table))
                .limited());
    }

    static Change analyze(Relation table) {
        return new PlainStatement(Step.gentle("analyze " + table, "analyze " + table.quoted()));
    }

    /** What is done concurrently waits for old snapshots, so it must have no lock timeout and takes as long as it takes. */
    static Change ofUser(Relation table, String name, String sql, boolean outsideTransaction) {
        String statement = END.matcher(sql).replaceFirst("");
        boolean concurrent = statement.toLowerCase(Locale.ROOT).contains("concurrently");
        Step outside = Step.concurrent(name, statement, probe(table));
        return new PlainStatement(
                outsideTransaction
                        ? (concurrent ? outside : outside.limited())
                        : Step.locked(name, ofRows(table, statement) + statement));
    }

    /** A lock timeout is one of rows too, and would undo all that is done by then. */
    private static String ofRows(Relation table, String statement) {
        return table.isView() || !OF_ROWS.matcher(statement).matches()
                ? ""
                : "lock table only " + table.quoted() + " in row exclusive mode; set local lock_timeout = 0; ";
    }

    private static @org.jspecify.annotations.Nullable String probe(Relation table) {
        return table.isView() ? null : table.quoted();
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return Mono.just(applied ? new Verdict.Done() : new Verdict.Next(step));
    }
}
