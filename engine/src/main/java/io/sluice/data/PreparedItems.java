package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.DataRun;
import io.sluice.ledger.HeldRun;
import io.sluice.ledger.Lane;
import io.sluice.run.BatchSettings;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RowTotal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Items of a source that is no table: one lane with an open end. */
final class PreparedItems<T> implements PreparedWork {

    private final DataRunContext context;
    private final HeldRun held;
    private final BatchSettings settings;
    private final TransactionLimits limits;
    private final Work.ItemWork<T> work;

    PreparedItems(
            DataRunContext context,
            HeldRun held,
            BatchSettings settings,
            TransactionLimits limits,
            Work.ItemWork<T> work) {
        this.context = context;
        this.held = held;
        this.settings = settings;
        this.limits = limits;
        this.work = work;
    }

    @Override
    public DataRun.Walked walked() {
        return new DataRun.Walked("items", List.of("cursor"), List.of("jsonb"));
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
    public Mono<List<String>> upper() {
        return Mono.just(ItemSession.OPEN_END);
    }

    @Override
    public @Nullable List<String> lower() {
        return null;
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
        Mono<Void> firstBatch = lane.batch() == null
                ? context.ledger().lanes().nextBatch(connection, lane, ItemSession.OPEN_END)
                : Mono.empty();
        return firstBatch.then(Mono.fromSupplier(() -> new ItemSession<>(
                connection,
                () -> OpenSubBatch.begin(connection, context.ledger().name(), held.lease(), lane, limits),
                context.ledger().lanes(),
                lane,
                work,
                settings.subBatchSize())));
    }
}
