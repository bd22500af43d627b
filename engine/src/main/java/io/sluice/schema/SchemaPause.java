package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.sluice.ledger.Ledger;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.run.Verb;
import io.sluice.sql.Statements;
import java.util.Set;
import reactor.core.publisher.Mono;

/** The pause of a schema run: of one that is at work only where it has many statements, between which it can stop. */
public final class SchemaPause {

    private static final Set<RunStatus> AT_REST = Set.of(RunStatus.ENQUEUED, RunStatus.ERRORED);

    /** $1 run. */
    private static final String HAS_MANY = """
            select exists (select from ${ledger}.schema_run s
                             join pg_namespace n on n.nspname = s.table_schema
                             join pg_class c on c.relnamespace = n.oid and c.relname = s.table_name
                            where s.run_id = $1 and s.operation = 'add_index' and c.relkind = 'p') as it
            """;

    private final Ledger ledger;

    public SchemaPause(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Emits the run as it stands then; errors with {@link StatementRunsException} when its one statement is at work. */
    public Mono<Run> pause(Run run) {
        long number = run.id().number();
        return ledger.connections()
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        ledger.name().in(HAS_MANY),
                        row -> requireNonNull(row.get("it", Boolean.class)),
                        number))
                .flatMap(many -> many
                        ? ledger.runs().change(number, Verb.PAUSE)
                        : ledger.runs().change(number, Verb.PAUSE, AT_REST))
                .onErrorMap(
                        IllegalTransitionException.class,
                        error -> error.status().isWorking() ? StatementRunsException.unpaused(run.id()) : error);
    }
}
