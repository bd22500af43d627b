package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.data.Work.BatchCode;
import io.sluice.data.Work.CodeWork;
import io.sluice.data.Work.SqlWork;
import io.sluice.ledger.DataRun;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneRange;
import io.sluice.ledger.LeaseLostException;
import io.sluice.run.BatchSettings;
import io.sluice.run.Failure;
import io.sluice.run.Json;
import io.sluice.run.KeyBounds;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RowTotal;
import io.sluice.sql.KeyColumn;
import io.sluice.sql.SqlFault;
import io.sluice.sql.TableName;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Rows of a table, worked on by a statement or by code. Where a statement does all the work (and in every count) the {@link Steps} are
 * used. For code, and where the role has the right to none of them, each sub-batch is a transaction of several statements.
 */
final class PreparedTable implements PreparedWork {

    private final DataRunContext context;
    private final HeldRun held;
    private final Keyset keys;
    private final KeyBounds bounds;
    private final BatchSettings settings;
    private final Work work;
    private final CodeStatements statements = new CodeStatements();
    private final Steps steps;

    PreparedTable(
            DataRunContext context, HeldRun held, Keyset keys, KeyBounds bounds, BatchSettings settings, Work work) {
        this.context = context;
        this.held = held;
        this.keys = keys;
        this.bounds = bounds;
        this.settings = settings;
        this.work = work;
        this.steps = new Steps(context, held.lease(), keys, bounds.lower() != null);
    }

    @Override
    public DataRun.Walked walked() {
        return new DataRun.Walked(
                keys.table(),
                keys.columns().stream().map(KeyColumn::name).toList(),
                keys.columns().stream().map(KeyColumn::type).toList());
    }

    @Override
    public TableName table() {
        return TableName.parse(keys.table());
    }

    @Override
    public String bindings() {
        return Json.MAPPER.writeValueAsString(work instanceof SqlWork sql ? sql.bindings() : Map.of());
    }

    @Override
    public boolean declaresRemaining() {
        return remaining() != null;
    }

    @Override
    public Mono<RowTotal> total() {
        return context.ledger().connections().unhurried(connection -> new KeyLookup(keys).total(connection, bounds));
    }

    @Override
    public Mono<List<LaneRange>> ranges() {
        return context.ledger()
                .connections()
                .unhurried(connection -> new KeyLookup(keys)
                        .greatest(connection, bounds)
                        .flatMap(upper -> new KeyDivision(keys).ranges(connection, bounds, upper, settings.lanes()))
                        .defaultIfEmpty(List.of(new LaneRange(bounds.lower(), null))));
    }

    @Override
    public Mono<Integer> halve(int newLane) {
        return new LaneHalving(context.ledger(), context.scheduler(), held.lease(), keys, bounds, settings.batchSize())
                .into(newLane);
    }

    @Override
    public Mono<Void> install(Connection connection, Phase phase) {
        return isStep(phase) ? steps.install(connection, text(phase)) : Mono.empty();
    }

    @Override
    public Mono<Void> uninstall(Connection connection) {
        return steps.uninstall(connection);
    }

    @Override
    public Mono<LaneSession> session(Connection connection, Lane lane, Phase phase) {
        return firstBatch(lane, phase)
                .then(Mono.fromSupplier(() -> phase == Phase.RETRYING
                        ? retrying(connection, lane, null)
                        : isStep(phase) && steps.areAllowed()
                                ? steps.session(connection, lane, text(phase))
                                : transactions(transaction(connection, lane), phase, code(phase))));
    }

    @Override
    public LaneSession quarantining(Connection connection, Lane lane, Phase phase, Failure failure) {
        if (phase == Phase.RETRYING) {
            return retrying(connection, lane, failure);
        }
        SubBatchTransaction transaction = transaction(connection, lane);
        BatchCode work = code(phase);
        return transactions(
                transaction,
                phase,
                // another row may have come into its place since, or it was mended
                batch -> transaction.attempt(
                        Mono.defer(() -> Flux.from(UserCode.called(() -> work.process(batch)))
                                .reduce(0L, Long::sum)),
                        error -> SqlFault.of(error).mayBeOfOneRow(error),
                        context.ledger()
                                .quarantine()
                                .add(connection, run(), lane.batch(), null, batch.upper(), failure)
                                .thenReturn(0L)));
    }

    private TransactionSession transactions(SubBatchTransaction transaction, Phase phase, BatchCode code) {
        return new TransactionSession(
                transaction, context.ledger().lanes(), condition(phase), statements, bounds, code);
    }

    private RetrySession retrying(Connection connection, Lane lane, @Nullable Failure failure) {
        // what somebody has brought to the new form since is not done again
        BatchCondition open = condition(Phase.RETRYING);
        BatchCode work = code(Phase.RETRYING);
        SubBatchTransaction transaction = transaction(connection, lane);
        return new RetrySession(
                transaction,
                context.ledger().lanes(),
                context.ledger().quarantine(),
                run(),
                entry -> Mono.just(UserCode.called(() -> work.process(
                        new Batch(transaction, open, statements, new KeyLookup.From(entry.key(), true), entry.key())))),
                failure);
    }

    private SubBatchTransaction transaction(Connection connection, Lane lane) {
        return context.transaction(connection, held.lease(), lane);
    }

    private long run() {
        return held.run().id().number();
    }

    /** In a transaction of its own, which has limits: the table may be locked just now. */
    private Mono<Void> firstBatch(Lane lane, Phase phase) {
        if (lane.batch() != null) {
            return Mono.empty();
        }
        if (phase == Phase.RETRYING) {
            return context.ledger()
                    .connections()
                    .transaction(
                            connection -> context.ledger().lanes().nextBatch(connection, lane, ItemSession.OPEN_END));
        }
        KeyLookup.From from = KeyLookup.From.of(lane.cursor(), bounds);
        return context.ledger()
                .connections()
                // its end may have come nearer since the lane was taken
                .unhurried(connection -> context.ledger()
                        .lanes()
                        .upper(connection, lane)
                        .switchIfEmpty(Mono.error(
                                () -> new LeaseLostException(held.run().id(), "its lane was taken over")))
                        .flatMap(upper -> new KeyLookup(keys).stretch(connection, from, upper, settings.batchSize()))
                        .flatMap(batch -> context.ledger()
                                .lanes()
                                .nextBatch(connection, lane, batch.last())
                                .thenReturn(batch)))
                .then();
    }

    private boolean isStep(Phase phase) {
        return phase == Phase.COUNTING || (work instanceof SqlWork && phase != Phase.RETRYING);
    }

    /** The text of a phase's work inside a step, where named values are fields of the run's bindings. */
    private StepBody.StatementText text(Phase phase) {
        BatchCondition condition = condition(phase);
        Function<String, String> value = name -> "(sluice_bindings ->> '" + name + "')";
        if (phase == Phase.COUNTING) {
            return (lower, upper) -> "sluice_changed := (" + condition.count(lower, upper, value) + ")";
        }
        SqlTemplate statement = ((SqlWork) work).statement();
        return (lower, upper) ->
                condition.render(statement, lower, upper, value) + "; get diagnostics sluice_changed = row_count";
    }

    private BatchCode code(Phase phase) {
        if (phase == Phase.COUNTING) {
            return Batch::count;
        }
        return work instanceof CodeWork coded ? coded.code() : batch -> batch.update(((SqlWork) work).statement());
    }

    private BatchCondition condition(Phase phase) {
        NamedValues values = work instanceof SqlWork sql ? sql.values() : NamedValues.NONE;
        boolean passesOver = phase == Phase.COUNTING || phase == Phase.SWEEPING;
        return new BatchCondition(
                keys,
                source().filter(),
                phase == Phase.WORKING ? null : remaining(),
                passesOver ? context.ledger().quarantine().keysOf(run()) : null,
                values);
    }

    private Source source() {
        return work instanceof SqlWork sql ? sql.source() : ((CodeWork) work).source();
    }

    private @Nullable String remaining() {
        return work instanceof SqlWork sql ? sql.remaining() : ((CodeWork) work).remaining();
    }
}
