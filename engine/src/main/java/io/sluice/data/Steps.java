package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.sql.Statements;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The steps of a run that is held: in the form to which its role has the right, with the function where they need one. */
final class Steps {

    /** A hardened database may keep the language of functions and blocks from everybody. */
    private static final String FORM = """
            select case when not has_language_privilege('plpgsql', 'USAGE') then 'STATEMENTS'
                        when has_schema_privilege($1, 'CREATE') then 'FUNCTION'
                        else 'BLOCK' end as form
            """;

    /**
     * Functions of earlier leases, but those of a role that this one is not a member of. One of a later lease is in use by who took
     * over; we only do not know it yet.
     */
    private static final String STALE = """
            select p.oid::regprocedure::text as function from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where n.nspname = $1 and p.proname ~ ('^' || $2 || '[0-9]+$')
               and substr(p.proname, length($2) + 1)::bigint < $3 and pg_has_role(p.proowner, 'USAGE')
            """;

    private final DataRunContext context;
    private final Lease lease;
    private final Keyset keys;
    private final boolean bounded;

    /** Null before the first pass that has steps; each finds it out anew, for a right may be granted or taken meanwhile. */
    private volatile @Nullable Form form;

    /** @param bounded whether the run has a lower bound, which is part of its first range */
    Steps(DataRunContext context, Lease lease, Keyset keys, boolean bounded) {
        this.context = context;
        this.lease = lease;
        this.keys = keys;
        this.bounded = bounded;
    }

    private enum Form {
        /** One call of the {@link StepFunction}. */
        FUNCTION,
        /** One {@link StepBlock}. */
        BLOCK,
        /** None: a transaction of several statements, as for code. */
        STATEMENTS
    }

    /** Whether the role has the right to any; known after {@link #install}. */
    boolean areAllowed() {
        return form == Form.FUNCTION || form == Form.BLOCK;
    }

    /** Drops what earlier leases left, finds out what the role has the right to, and creates the function where it is that. */
    Mono<Void> install(Connection connection, StepBody.StatementText work) {
        return Statements.queryOne(
                        connection,
                        FORM,
                        row -> Form.valueOf(requireNonNull(row.get("form", String.class))),
                        context.ledger().name().schema())
                .doOnNext(found -> form = found)
                .delayUntil(found -> withoutStale(connection))
                .filter(found -> found == Form.FUNCTION)
                .flatMap(found -> Statements.script(connection, function(work).create()));
    }

    /** Drops the function if there is one, also when the last pass had no right to it: an earlier one may have had it. */
    Mono<Void> uninstall(Connection connection) {
        return form == null
                ? Mono.empty()
                : Statements.script(
                        connection, StepFunction.drop(context.ledger().name(), lease));
    }

    StepSession session(Connection connection, Lane lane, StepBody.StatementText work) {
        return new StepSession(
                connection,
                form == Form.FUNCTION ? function(work) : new StepBlock(body(work), limits().lock()),
                lane,
                limits(),
                context.scheduler());
    }

    private Mono<Void> withoutStale(Connection connection) {
        return Statements.query(
                        connection,
                        STALE,
                        row -> requireNonNull(row.get("function", String.class)),
                        context.ledger().name().schema(),
                        StepFunction.prefix(lease.run().number()),
                        lease.token())
                // read to the end first: the connection does one thing at a time
                .collectList()
                .flatMapIterable(stale -> stale)
                .concatMap(stale -> Statements.script(connection, "drop function if exists " + stale))
                .then();
    }

    private StepFunction function(StepBody.StatementText work) {
        return new StepFunction(body(work), limits().lock());
    }

    private StepBody body(StepBody.StatementText work) {
        return new StepBody(
                context.ledger().name(), lease, keys, context.settings().commit(), bounded, work);
    }

    private TransactionLimits limits() {
        return context.settings().limits();
    }
}
