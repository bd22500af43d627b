package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.sql.Statements;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The transaction of a sub-batch where that takes several statements: guard first, commit last. A server, or a network, that went
 * away without a word is not waited for: each of our statements has a time within which it is answered.
 */
final class SubBatchTransaction {

    /** The server ends a long statement by itself; who does not answer so much later is gone. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final String SAVEPOINT = "sluice_attempt";

    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Connection connection;
    private final LedgerName ledger;
    private final Lease lease;
    private final Lane lane;
    private final DataSettings settings;
    private final Scheduler scheduler;

    SubBatchTransaction(
            Connection connection,
            LedgerName ledger,
            Lease lease,
            Lane lane,
            DataSettings settings,
            Scheduler scheduler) {
        this.connection = connection;
        this.ledger = ledger;
        this.lease = lease;
        this.lane = lane;
        this.settings = settings;
        this.scheduler = scheduler;
    }

    /**
     * Begins, does the work and commits; where the guard refuses, rolls back and says why.
     *
     * @return errors with what the work errors with: the connection is to be discarded then
     */
    Mono<SubBatch> around(Function<OpenSubBatch, Mono<SubBatch>> work) {
        return begun(null, open -> work.apply(open).delayUntil(done -> committed()));
    }

    /**
     * As {@link #around}, for work that commits at its end.
     *
     * @param keys of the table where the sub-batch has its bound; null: of no table
     */
    Mono<SubBatch> begun(@Nullable Keyset keys, Function<OpenSubBatch, Mono<SubBatch>> work) {
        return answered(OpenSubBatch.begin(connection, ledger, lease, lane, settings, keys))
                .flatMap(open -> open.isOpen()
                        ? work.apply(open)
                        : answered(Mono.from(connection.rollbackTransaction())).thenReturn(open.unopened()));
    }

    /** The driver's own commit: it checks that the server did commit, where a plain COMMIT of a failed transaction succeeds. */
    Mono<Void> committed() {
        return answered(Mono.from(connection.commitTransaction()));
    }

    /** The checkpoint, in the transaction that was begun and in no other. */
    Mono<Void> checkpointed(String checkpoint) {
        return answered(recorded(checkpoint));
    }

    /**
     * The checkpoint and the commit, in one message. Where the checkpoint errors, as any statement does in a transaction that has
     * failed before, the server passes over the commit, so that a failed transaction cannot be taken for a
     * committed one (<a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT">multiple
     * statements in a simple query</a>).
     */
    Mono<Void> checkpointedAndCommitted(String checkpoint) {
        return answered(2, recorded(checkpoint + "; commit"));
    }

    /** There is one row where the checkpoint was written. */
    private Mono<Void> recorded(String sql) {
        return Flux.from(connection.createStatement(sql).execute())
                .concatMap(result -> result.map(row -> true))
                .count()
                .flatMap(
                        rows -> rows == 1
                                ? Mono.empty()
                                : Mono.error(
                                        new DefinitionException(
                                                "the code ended the transaction of its batch; take out what"
                                                        + " commits or rolls back Batch.connection(): the work and its checkpoint must be one transaction")));
    }

    Connection connection() {
        return connection;
    }

    Lane lane() {
        return lane;
    }

    /** Errors as a lost connection when the answer to one statement does not come. */
    <T> Mono<T> answered(Mono<T> statement) {
        return answered(1, statement);
    }

    /** As {@link #answered(Mono)}, for at most so many statements one after the other. */
    <T> Mono<T> answered(int most, Mono<T> statements) {
        return statements.timeout(answerWithin(settings.limits()).multipliedBy(most), scheduler);
    }

    /** As {@link #answered(Mono)}, for rows: the first one; the others are waited for, as whoever reads them may be slow. */
    <T> Flux<T> answered(Flux<T> rows) {
        return rows.timeout(Mono.delay(answerWithin(settings.limits()), scheduler));
    }

    /**
     * Does something within the transaction, and something else instead where it errors so that the predicate holds.
     */
    Mono<Long> attempt(Mono<Long> work, Predicate<Throwable> passed, Mono<Long> instead) {
        return answered(Mono.from(connection.createSavepoint(SAVEPOINT)).then(Mono.just(true)))
                // what is checked at the commit otherwise is an error of the work, too
                .then(work.delayUntil(done -> answered(Statements.script(connection, "set constraints all immediate")
                        .then(Mono.just(true)))))
                .onErrorResume(
                        passed,
                        error -> answered(Mono.from(connection.rollbackTransactionToSavepoint(SAVEPOINT))
                                        .then(Mono.just(true)))
                                .then(answered(instead)));
    }

    /**
     * The work of the user, which may take its time; errors as a lost connection when the server has cut the transaction off
     * meanwhile, as it does with code that leaves it idle for too long: what is never committed need not be waited for.
     */
    Mono<Long> whileOpen(Publisher<Long> work) {
        Mono<Long> cutOff = Flux.interval(LOOK, scheduler)
                .onBackpressureDrop()
                .concatMap(look -> connection.validate(ValidationDepth.LOCAL), 1)
                .filter(open -> !open)
                .next()
                .flatMap(closed ->
                        Mono.error(new IOException("the server ended the connection while the code was at work; in a"
                                + " transaction it may do nothing for "
                                + settings.limits().idle().toMillis() + " ms at most")));
        return Mono.firstWithSignal(Flux.from(work).reduce(0L, Long::sum), cutOff);
    }

    static Duration answerWithin(TransactionLimits limits) {
        return limits.statement().plus(limits.lock()).plus(GRACE);
    }
}
