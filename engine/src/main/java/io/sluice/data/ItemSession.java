package io.sluice.data;

import io.sluice.ledger.LaneRange;
import io.sluice.ledger.LaneStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The form for a source that is no table. Items are fetched before the transaction begins, so that a slow source holds no
 * lock; the cursor of the last one is the checkpoint.
 */
final class ItemSession<T> implements LaneSession {

    /** The upper key of a lane whose end shows only when it is reached. */
    static final List<String> OPEN_END = List.of();

    static final LaneRange OPEN_RANGE = new LaneRange(null, OPEN_END);

    /** A source that takes longer for an item will not answer any more. */
    private static final Duration NEXT_WITHIN = Duration.ofMinutes(10);

    /** What is done to items, in the transaction that also commits the cursor of the last one. */
    @FunctionalInterface
    interface Taking<T> {

        /**
         * Does it.
         *
         * @param before the cursor before them; null at the start
         */
        Publisher<Long> take(@Nullable List<String> before, List<ItemSource.Item<T>> items);
    }

    private final SubBatchTransaction transaction;
    private final LaneStore lanes;
    private final ItemSource<T> source;
    private final Taking<T> taking;
    private int size;
    private int sinceBatchBegan;
    private @Nullable List<String> cursor;

    ItemSession(SubBatchTransaction transaction, LaneStore lanes, ItemSource<T> source, Taking<T> taking, int size) {
        this.transaction = transaction;
        this.lanes = lanes;
        this.source = source;
        this.taking = taking;
        this.size = size;
        this.cursor = transaction.lane().cursor();
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return after(source, cursor)
                .take(size)
                .collectList()
                .flatMap(items -> transaction.around(open ->
                        done(open, items.subList(0, Math.min(items.size(), open.subBatchSize())), target)));
    }

    @Override
    public int depth() {
        return 1;
    }

    private Mono<SubBatch> done(OpenSubBatch open, List<ItemSource.Item<T>> items, int target) {
        if (items.isEmpty()) {
            return transaction
                    .answered(lanes.endHere(transaction.connection(), transaction.lane()))
                    .thenReturn(SubBatch.NOTHING_LEFT);
        }
        List<String> reached = List.of(items.get(items.size() - 1).cursor());
        return transaction
                .whileOpen(UserCode.called(() -> taking.take(cursor, items)))
                .flatMap(changed -> transaction
                        .checkpointed(lanes.checkpoint(
                                transaction.lane(), open.began(), reached, items.size(), changed, target))
                        .then(Mono.defer(() -> pauseAfter(open, items.size())))
                        .map(pause ->
                                new SubBatch(SubBatch.State.COMMITTED, items.size(), changed, pause, open.rests())))
                .doOnNext(it -> {
                    cursor = reached;
                    size = open.subBatchSize();
                });
    }

    /** The items behind a cursor; a source that fails says nothing of them. */
    static <T> Flux<ItemSource.Item<T>> after(ItemSource<T> source, @Nullable List<String> cursor) {
        return Flux.defer(() -> source.after(cursor == null ? null : cursor.get(0)))
                .timeout(
                        NEXT_WITHIN,
                        Mono.error(() -> new TimeoutException("no item within " + NEXT_WITHIN.toMinutes() + " min")))
                .onErrorMap(error -> new NotOfARowException("the source of the items failed", error));
    }

    /** A batch of items ends when it is as large as the settings say, so that attempts are counted per batch here too. */
    private Mono<Duration> pauseAfter(OpenSubBatch open, int done) {
        sinceBatchBegan += done;
        if (sinceBatchBegan < open.batchSize()) {
            return Mono.just(open.subBatchPause());
        }
        sinceBatchBegan = 0;
        return transaction
                .answered(lanes.nextBatch(transaction.connection(), transaction.lane(), OPEN_END))
                .thenReturn(open.pauseAfterBatch());
    }
}
