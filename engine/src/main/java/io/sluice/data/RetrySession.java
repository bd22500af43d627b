package io.sluice.data;

import io.sluice.ledger.LaneStore;
import io.sluice.ledger.QuarantineStore;
import io.sluice.ledger.QuarantineStore.Entry;
import io.sluice.run.Failure;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** The pass over the keys in quarantine, each alone. Its cursor is the number of the last entry that was tried. */
final class RetrySession implements LaneSession {

    private final SubBatchTransaction transaction;
    private final LaneStore lanes;
    private final QuarantineStore quarantine;
    private final long run;
    private final Again again;
    private final @Nullable Failure failure;
    private long behind;

    /** What is done again for one key. */
    @FunctionalInterface
    interface Again {

        /** Outside of the transaction: emits the work for it, which is then done within. */
        Mono<Publisher<Long>> of(Entry entry);
    }

    /** @param failure what the next key failed with again; null: it is to be tried */
    RetrySession(
            SubBatchTransaction transaction,
            LaneStore lanes,
            QuarantineStore quarantine,
            long run,
            Again again,
            @Nullable Failure failure) {
        this.transaction = transaction;
        this.lanes = lanes;
        this.quarantine = quarantine;
        this.run = run;
        this.again = again;
        this.failure = failure;
        List<String> cursor = transaction.lane().cursor();
        this.behind = cursor == null || cursor.isEmpty() ? 0 : Long.parseLong(cursor.get(0));
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return Mono.defer(() -> transaction.answered(quarantine.next(transaction.connection(), run, behind)))
                .flatMap(entry -> work(entry).flatMap(work -> transaction.around(open -> done(open, entry, work))))
                .switchIfEmpty(Mono.defer(() -> transaction.around(open -> transaction
                        .answered(lanes.endHere(transaction.connection(), transaction.lane()))
                        .thenReturn(SubBatch.NOTHING_LEFT))));
    }

    @Override
    public int depth() {
        return 1;
    }

    private Mono<Publisher<Long>> work(Entry entry) {
        Failure known = failure;
        return known == null
                ? again.of(entry)
                : Mono.just(transaction
                        .answered(quarantine.add(
                                transaction.connection(),
                                run,
                                transaction.lane().batch(),
                                entry.lower(),
                                entry.key(),
                                known))
                        .thenReturn(0L));
    }

    private Mono<SubBatch> done(OpenSubBatch open, Entry entry, Publisher<Long> work) {
        return transaction
                .whileOpen(work)
                .delayUntil(changed -> failure == null
                        ? transaction.answered(quarantine.migrated(transaction.connection(), entry))
                        : Mono.empty())
                .flatMap(changed -> transaction
                        .checkpointed(lanes.checkpoint(
                                transaction.lane(), open.began(), List.of(Objects.toString(entry.id())), 1, changed, 0))
                        .thenReturn(
                                new SubBatch(SubBatch.State.COMMITTED, 1, changed, open.subBatchPause(), open.rests())))
                .doOnNext(it -> behind = entry.id());
    }
}
