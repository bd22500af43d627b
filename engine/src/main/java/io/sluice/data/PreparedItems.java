package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.DataRun;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneRange;
import io.sluice.ledger.QuarantineStore;
import io.sluice.run.BatchSettings;
import io.sluice.run.Failure;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RowTotal;
import io.sluice.sql.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Items of a source that is no table: one lane with an open end. */
final class PreparedItems<T> implements PreparedWork {

    private final DataRunContext context;
    private final HeldRun held;
    private final BatchSettings settings;
    private final Work.ItemWork<T> work;

    PreparedItems(DataRunContext context, HeldRun held, BatchSettings settings, Work.ItemWork<T> work) {
        this.context = context;
        this.held = held;
        this.settings = settings;
        this.work = work;
    }

    @Override
    public DataRun.Walked walked() {
        return new DataRun.Walked("items", List.of("cursor"), List.of("jsonb"));
    }

    @Override
    public @Nullable TableName table() {
        return null;
    }

    @Override
    public String bindings() {
        return "{}";
    }

    @Override
    public boolean declaresRemaining() {
        return false;
    }

    @Override
    public Mono<RowTotal> total() {
        // code of the user, which may take its time: no connection is held meanwhile
        return work.source().count().map(RowTotal::exact).defaultIfEmpty(RowTotal.UNKNOWN);
    }

    @Override
    public Mono<List<LaneRange>> ranges() {
        return Mono.just(List.of(ItemSession.OPEN_RANGE));
    }

    @Override
    public Mono<Integer> halve(int newLane) {
        return Mono.empty();
    }

    @Override
    public Mono<Void> install(Connection connection, Phase phase) {
        return Mono.empty();
    }

    @Override
    public Mono<Void> uninstall(Connection connection) {
        return Mono.empty();
    }

    @Override
    public Mono<LaneSession> session(Connection connection, Lane lane, Phase phase) {
        SubBatchTransaction transaction = transaction(connection, lane);
        Mono<Void> firstBatch = lane.batch() == null
                ? transaction.answered(context.ledger().lanes().nextBatch(connection, lane, ItemSession.OPEN_END))
                : Mono.empty();
        return firstBatch.then(Mono.fromSupplier(() -> phase == Phase.RETRYING
                ? retrying(transaction, null)
                : session(
                        transaction,
                        (before, items) -> work.code().process(connection, values(items)),
                        lane.size() == null ? settings.subBatchSize() : lane.size())));
    }

    @Override
    public LaneSession quarantining(Connection connection, Lane lane, Phase phase, Failure failure) {
        SubBatchTransaction transaction = transaction(connection, lane);
        return phase == Phase.RETRYING
                ? retrying(transaction, failure)
                : session(
                        transaction,
                        (before, items) -> transaction
                                .answered(context.ledger()
                                        .quarantine()
                                        .add(connection, run(), lane.batch(), before, key(items), failure))
                                .thenReturn(0L),
                        1);
    }

    private ItemSession<T> session(SubBatchTransaction transaction, ItemSession.Taking<T> taking, int size) {
        return new ItemSession<>(transaction, context.ledger().lanes(), work.source(), taking, size);
    }

    private RetrySession retrying(SubBatchTransaction transaction, @Nullable Failure failure) {
        return new RetrySession(
                transaction,
                context.ledger().lanes(),
                context.ledger().quarantine(),
                run(),
                entry -> again(transaction.connection(), entry),
                failure);
    }

    /** The item behind the cursor before it, where it was. One that is not there any more may be elsewhere, so it stays open. */
    private Mono<Publisher<Long>> again(Connection connection, QuarantineStore.Entry entry) {
        return ItemSession.after(work.source(), entry.lower())
                .take(1)
                .filter(item -> item.cursor().equals(entry.key().get(0)))
                .collectList()
                .map(items -> items.isEmpty()
                        ? Mono.error(new IllegalStateException(
                                "the item is not behind its cursor any more; dismiss it if it is gone"))
                        : UserCode.called(() -> work.code().process(connection, values(items))));
    }

    private SubBatchTransaction transaction(Connection connection, Lane lane) {
        return context.transaction(connection, held.lease(), lane);
    }

    private long run() {
        return held.run().id().number();
    }

    private static <T> List<T> values(List<ItemSource.Item<T>> items) {
        return items.stream().map(ItemSource.Item::value).toList();
    }

    private static <T> List<String> key(List<ItemSource.Item<T>> items) {
        return List.of(items.get(0).cursor());
    }
}
