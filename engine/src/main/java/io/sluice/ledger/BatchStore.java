package io.sluice.ledger;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.run.AuditedBatch;
import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The audit of batches: their attempts, and what is kept of them. */
public final class BatchStore {

    private final Connections connections;
    private final LedgerName name;

    BatchStore(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /**
     * What an attempt of a batch left behind.
     *
     * @param begunToSplit true when this was its last attempt, and it is split from now on
     */
    public record Attempt(long batch, int attempts, State state, boolean begunToSplit) {

        /** Where the batch stands. */
        public enum State {
            /** It has attempts left. */
            ERRORED,
            /** It has none left, and is searched for the rows that fail. */
            SPLIT,
            /** It has none left. */
            FAILED
        }
    }

    /**
     * Records a failed attempt of a batch.
     *
     * @param splits whether the batch is split when its attempts are spent
     * @return errors with {@link LeaseLostException} when the lease is lost
     */
    public Mono<Attempt> failed(Lease lease, long batch, Failure failure, boolean splits) {
        @Nullable Object[] error = FailureReport.columns(failure);
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        name.in(BatchSql.FAILED),
                        BatchStore::attempt,
                        batch,
                        lease.token(),
                        error[0],
                        error[1],
                        error[2],
                        error[3],
                        error[4],
                        error[5],
                        error[6],
                        splits))
                .switchIfEmpty(
                        Mono.error(() -> new LeaseLostException(lease.run(), "a failed batch could not be recorded")));
    }

    /**
     * Records a failed attempt of the last batch before the one that is open in a lane: it has passed since, and nothing of it is
     * to be done. Empty when nothing is kept of it any more, or when the lease is lost.
     */
    public Mono<Attempt> failedBefore(Lease lease, Lane lane, Failure failure) {
        @Nullable Object[] error = FailureReport.columns(failure);
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(BatchSql.FAILED_BEFORE),
                BatchStore::attempt,
                lease.run().number(),
                lane.number(),
                lane.batch(),
                lease.token(),
                error[0],
                error[1],
                error[2],
                error[3],
                error[4],
                error[5],
                error[6]));
    }

    private static Attempt attempt(Readable row) {
        return new Attempt(
                RunRows.number(row, "id"),
                requireNonNull(row.get("attempts", Integer.class)),
                Attempt.State.valueOf(RunRows.text(row, "status")),
                row.get("split_number", Long.class) != null);
    }

    /**
     * Emits the batches of a run, newest first, at most so many.
     *
     * @param before only those with a smaller number; null: from the newest on
     */
    public Flux<AuditedBatch> audit(long run, @Nullable Long before, int limit) {
        return connections.lend(connection ->
                Statements.query(connection, name.in(BatchSql.AUDIT), row -> audited(run, row), run, before, limit));
    }

    private AuditedBatch audited(long run, Readable row) {
        return new AuditedBatch(
                new RunId(connections.shard(), run),
                RunRows.number(row, "id"),
                requireNonNull(row.get("pass", Integer.class)),
                AuditedBatch.Status.valueOf(RunRows.text(row, "status")),
                requireNonNull(row.get("attempts", Integer.class)),
                DataRunStore.list(row, "lower"),
                DataRunStore.list(row, "upper"),
                RunRows.number(row, "rows_seen"),
                RunRows.number(row, "rows_changed"),
                Duration.ofNanos(Math.round(1e6 * requireNonNull(row.get("working_ms", Double.class)))),
                RunRows.number(row, "batches"),
                requireNonNull(row.get("started_at", Instant.class)),
                row.get("finished_at", Instant.class),
                RunRows.failure(row));
    }

    /** Folds finished batches that are older into one row per unbroken stretch. */
    public Mono<Long> foldOlderThan(Duration age) {
        return connections.lendOne(connection -> Statements.update(connection, name.in(BatchSql.FOLD), age.toMillis()));
    }
}
