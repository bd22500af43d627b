package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.SchemaRun;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.Identifier;
import io.sluice.sql.Statements;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Takes schema migrations into the ledger of one shard, once they have been held against its database. */
public final class SchemaQueue {

    private final SchemaRunContext context;

    public SchemaQueue(SchemaRunContext context) {
        this.context = context;
    }

    /**
     * What is to be enqueued.
     *
     * @param statementTimeout zero: none; null: as the settings say
     * @param lockBudget null: as the settings say
     */
    public record Order(
            SchemaMigration migration,
            @Nullable Duration statementTimeout,
            @Nullable Duration lockBudget,
            boolean delayed,
            boolean again,
            int maxAttempts) {}

    /** The run that is in the ledger now, and whether it was made just now. */
    public record Taken(Run run, boolean created) {}

    /**
     * Enqueues in a short transaction of its own.
     *
     * @return errors with {@link SchemaDefinitionException} when the migration does not fit the database, nothing done
     */
    public Mono<Taken> take(Order order) {
        return new TableRights(context.ledger().connections(), context.direct())
                .required(order.migration)
                .then(Mono.defer(() -> taken(order)));
    }

    private Mono<Taken> taken(Order order) {
        return context.ledger()
                .connections()
                .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Mono.defer(() -> take(connection, order)))
                        .flatMap(taken -> taken.created()
                                ? context.ledger()
                                        .runs()
                                        .announce(connection, taken.run().id().number())
                                        .thenReturn(taken)
                                : Mono.just(taken)));
    }

    /** Enqueues as part of the caller's transaction: the run exists when and if that commits. */
    public Mono<Taken> take(Connection connection, Order order) {
        SchemaMigration migration = order.migration;
        return run(connection, migration, order.statementTimeout, order.lockBudget)
                .delayUntil(run -> fits(connection, run, false)
                        .onErrorResume(SchemaDefinitionException.class, error -> done(connection, order, run, error)))
                .flatMap(run -> context.ledger()
                        .schemaRuns()
                        .enqueue(
                                connection,
                                new SchemaRunStore.Order(
                                        migration.name(),
                                        run,
                                        order.delayed ? RunStatus.DELAYED : RunStatus.ENQUEUED,
                                        order.maxAttempts,
                                        order.again))
                        .flatMap(enqueued -> found(connection, order, run, enqueued.run(), enqueued.created())));
    }

    /** Completes when its runs can be forgotten; errors with {@link StatementRunsException} while one of them has something lying about. */
    public Mono<Void> removable(String run) {
        return context.ledger()
                .schemaRuns()
                .isUnclean(run)
                .flatMap(unclean -> unclean ? Mono.error(StatementRunsException.unremoved(run)) : Mono.empty());
    }

    /** Completes when its run can be dismissed; errors with {@link StatementRunsException} where the catalog says that it is not done. */
    public Mono<Void> dismissible(RunId id) {
        return context.ledger()
                .schemaRuns()
                .find(id.number())
                .flatMap(run -> context.ledger()
                        .connections()
                        .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                                .then(Mono.defer(() -> Changes.of(connection, run)))
                                .flatMap(change -> change.judge(connection, true)))
                        // what cannot be done at all is not begun again either
                        .onErrorResume(SchemaDefinitionException.class, error -> Mono.just(new Verdict.Done())))
                .flatMap(verdict -> verdict instanceof Verdict.Done
                        ? Mono.empty()
                        : Mono.error(StatementRunsException.undismissed(id)));
    }

    /**
     * Emits whether the catalog says that it is done; where the catalog cannot say, it is.
     *
     * @param succeeded number of a run of its name
     * @return errors with {@link SchemaDefinitionException} when that run did another statement
     */
    public Mono<Boolean> isDone(SchemaMigration migration, long succeeded) {
        return context.ledger()
                .connections()
                .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Mono.defer(() -> run(connection, migration, null, null)))
                        .delayUntil(wanted -> decides(RunStatus.SUCCEEDED, wanted)
                                ? same(connection, migration.name(), wanted, succeeded)
                                : Mono.empty())
                        .flatMap(run -> Changes.of(connection, run))
                        .flatMap(change -> change.judge(connection, true))
                        .map(Verdict.Done.class::isInstance));
    }

    private static Mono<SchemaRun> run(
            Connection connection,
            SchemaMigration migration,
            @Nullable Duration statementTimeout,
            @Nullable Duration lockBudget) {
        return Relation.find(connection, migration.table())
                .map(table -> new SchemaRun(
                        migration.operation(),
                        table.schema(),
                        table.name(),
                        migration.object(),
                        migration.definition(),
                        statementTimeout,
                        lockBudget,
                        null,
                        false,
                        false));
    }

    /** What it was about may have gone since it was done: a partition that was detached and dropped. */
    private Mono<Void> done(Connection connection, Order order, SchemaRun run, SchemaDefinitionException error) {
        return context.ledger()
                .schemaRuns()
                .hasSucceeded(connection, order.migration.name())
                .flatMap(succeeded -> succeeded && !order.again ? fits(connection, run, true) : Mono.error(error));
    }

    /** The catalog must be able to say what is to be done, and there must be the connections to do it. */
    private Mono<Void> fits(Connection connection, SchemaRun run, boolean applied) {
        return Changes.of(connection, run)
                .flatMap(change -> change.judge(connection, applied))
                .doOnNext(verdict -> {
                    if (verdict instanceof Verdict.Next next
                            && next.steps().stream().anyMatch(it -> it.form() == Step.Form.DIRECT)) {
                        StepRunner.direct(context);
                    }
                })
                .then();
    }

    private Mono<Taken> found(Connection connection, Order order, SchemaRun wanted, long run, boolean created) {
        return context.ledger()
                .runs()
                .find(connection, run)
                .delayUntil(it -> created || !decides(it.status(), wanted)
                        ? Mono.empty()
                        : same(connection, order.migration.name(), wanted, run))
                .map(it -> new Taken(it, created));
    }

    /** Of what is done the catalog has told already whether it is this, but of a statement it knows nothing. */
    private static boolean decides(RunStatus status, SchemaRun wanted) {
        return !status.isTerminal()
                || (status == RunStatus.SUCCEEDED && wanted.operation().equals(Operation.STATEMENT.word()));
    }

    /** What is under way or done cannot become another thing, and must not be taken for it. */
    private Mono<SchemaRun> same(Connection connection, String name, SchemaRun wanted, long run) {
        return context.ledger()
                .schemaRuns()
                .find(connection, run)
                .filter(there ->
                        plain(wanted).equals(plain(there)) && wanted.schema().equals(there.schema()))
                .switchIfEmpty(Mono.error(() -> new SchemaDefinitionException("'" + name
                        + "' is under way or done already with another definition; give this one another name, or cancel"
                        + " or remove that one")));
    }

    /** Its definition as Java writes it, whoever wrote it. */
    private static JsonNode plain(SchemaRun run) {
        return IndexJson.tree(SchemaJson.read(run.operation(), Identifier.quote(run.table()), run.definition())
                .definition());
    }
}
