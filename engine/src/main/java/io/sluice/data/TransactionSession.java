package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.sluice.data.Work.BatchCode;
import io.sluice.ledger.LaneStore;
import io.sluice.run.KeyBounds;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The form for code: the transaction is open while the code works on the batch; guard first, checkpoint last. */
final class TransactionSession implements LaneSession {

    private final SubBatchTransaction transaction;
    private final LaneStore lanes;
    private final BatchCondition condition;
    private final CodeStatements statements;
    private final KeyBounds bounds;
    private final BatchCode code;

    TransactionSession(
            SubBatchTransaction transaction,
            LaneStore lanes,
            BatchCondition condition,
            CodeStatements statements,
            KeyBounds bounds,
            BatchCode code) {
        this.transaction = transaction;
        this.lanes = lanes;
        this.condition = condition;
        this.statements = statements;
        this.bounds = bounds;
        this.code = code;
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return transaction.begun(condition.keys(), open -> bounded(open).flatMap(range -> work(open, range, target)));
    }

    @Override
    public int depth() {
        return 1;
    }

    /** The keys of this sub-batch: as many as the settings say, or those up to the end of the batch. */
    private Mono<Range> bounded(OpenSubBatch open) {
        KeyLookup.From from = KeyLookup.From.of(open.lower(), bounds);
        List<String> stop = requireNonNull(open.stop());
        List<String> bound = open.bound();
        return bound != null
                ? Mono.just(new Range(from, bound, open.subBatchSize()))
                : transaction
                        .answered(2, keys().stretch(transaction.connection(), from, stop, open.subBatchSize()))
                        .map(it -> new Range(from, it.last(), it.count()));
    }

    private record Range(KeyLookup.@Nullable From from, List<String> upper, long seen) {}

    private Mono<SubBatch> work(OpenSubBatch open, Range range, int target) {
        return transaction
                .whileOpen(UserCode.called(
                        () -> code.process(new Batch(transaction, condition, statements, range.from, range.upper))))
                .flatMap(changed -> range.upper.equals(open.stop())
                        ? atEndOfBatch(open, range, changed, target)
                        : withinBatch(open, range, changed, target));
    }

    private Mono<SubBatch> withinBatch(OpenSubBatch open, Range range, long changed, int target) {
        return transaction
                .checkpointedAndCommitted(checkpoint(open, range, changed, target))
                .thenReturn(new SubBatch(
                        SubBatch.State.COMMITTED, range.seen, changed, open.subBatchPause(), open.rests()));
    }

    private Mono<SubBatch> atEndOfBatch(OpenSubBatch open, Range range, long changed, int target) {
        return transaction
                .checkpointed(checkpoint(open, range, changed, target))
                .then(Mono.defer(() -> transaction.answered(3, nextBatch(open, range, changed))))
                .delayUntil(done -> transaction.committed());
    }

    private String checkpoint(OpenSubBatch open, Range range, long changed, int target) {
        return lanes.checkpoint(transaction.lane(), open.began(), range.upper, range.seen, changed, target);
    }

    private Mono<SubBatch> nextBatch(OpenSubBatch open, Range range, long changed) {
        List<String> laneUpper = requireNonNull(open.laneUpper());
        Duration pause = open.pauseAfterBatch();
        SubBatch last = new SubBatch(SubBatch.State.COMMITTED, range.seen, changed, pause, open.rests());
        return Objects.equals(open.stop(), laneUpper)
                ? lanes.nextBatch(transaction.connection(), transaction.lane(), null)
                        .thenReturn(last.as(SubBatch.State.LAST))
                : keys().stretch(
                                transaction.connection(),
                                new KeyLookup.From(range.upper, false),
                                laneUpper,
                                open.batchSize())
                        .flatMap(next -> lanes.nextBatch(transaction.connection(), transaction.lane(), next.last()))
                        .thenReturn(last);
    }

    private KeyLookup keys() {
        return new KeyLookup(condition.keys());
    }
}
