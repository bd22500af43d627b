package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.data.Work.BatchCode;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneStore;
import io.sluice.run.KeyBounds;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The form for code: the transaction is open while the code works on the batch; guard first, checkpoint last. */
final class TransactionSession implements LaneSession {

    private final Connection connection;
    private final Supplier<Mono<OpenSubBatch>> begin;
    private final LaneStore lanes;
    private final Lane lane;
    private final BatchCondition condition;
    private final KeyBounds bounds;
    private final BatchCode code;

    TransactionSession(
            Connection connection,
            Supplier<Mono<OpenSubBatch>> begin,
            LaneStore lanes,
            Lane lane,
            BatchCondition condition,
            KeyBounds bounds,
            BatchCode code) {
        this.connection = connection;
        this.begin = begin;
        this.lanes = lanes;
        this.lane = lane;
        this.condition = condition;
        this.bounds = bounds;
        this.code = code;
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return begin.get()
                .flatMap(open -> open.isOpen()
                        ? bounded(open)
                                .flatMap(range -> work(open, range, target))
                                .flatMap(done -> committed().thenReturn(done))
                        : rolledBack().thenReturn(open.unopened()));
    }

    @Override
    public int depth() {
        return 1;
    }

    /** The keys of this sub-batch: as many as the settings say, or those up to the end of the batch. */
    private Mono<Range> bounded(OpenSubBatch open) {
        KeyLookup.From from = KeyLookup.From.of(open.lower(), bounds);
        List<String> stop = requireNonNull(open.stop());
        return keys().stretch(connection, from, stop, open.subBatchSize())
                .map(it -> new Range(from, it.last(), it.count()));
    }

    private record Range(KeyLookup.@Nullable From from, List<String> upper, long seen) {}

    private Mono<SubBatch> work(OpenSubBatch open, Range range, int target) {
        return Flux.from(UserCode.called(() -> code.process(new Batch(connection, condition, range.from, range.upper))))
                .reduce(0L, Long::sum)
                .flatMap(changed -> lanes.checkpoint(connection, lane, range.upper, range.seen, changed, target)
                        .then(Mono.defer(() -> atEndOfBatch(open, range, changed))));
    }

    private Mono<SubBatch> atEndOfBatch(OpenSubBatch open, Range range, long changed) {
        SubBatch done = new SubBatch(SubBatch.State.COMMITTED, range.seen, changed, open.subBatchPause(), open.rests());
        if (!range.upper.equals(open.stop())) {
            return Mono.just(done);
        }
        List<String> laneUpper = requireNonNull(open.laneUpper());
        Duration pause = open.pauseAfterBatch();
        SubBatch last = new SubBatch(SubBatch.State.COMMITTED, range.seen, changed, pause, open.rests());
        return Objects.equals(open.stop(), laneUpper)
                ? lanes.nextBatch(connection, lane, null).thenReturn(last.as(SubBatch.State.LAST))
                : keys().stretch(connection, new KeyLookup.From(range.upper, false), laneUpper, open.batchSize())
                        .flatMap(next -> lanes.nextBatch(connection, lane, next.last()))
                        .thenReturn(last);
    }

    /** The driver's own commit: it checks that the server did commit, where a plain COMMIT of a failed transaction succeeds. */
    private Mono<Void> committed() {
        return Mono.from(connection.commitTransaction());
    }

    private Mono<Void> rolledBack() {
        return Mono.from(connection.rollbackTransaction());
    }

    private KeyLookup keys() {
        return new KeyLookup(condition.keys());
    }
}
