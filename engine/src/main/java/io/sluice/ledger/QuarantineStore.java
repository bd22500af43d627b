package io.sluice.ledger;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.run.Failure;
import io.sluice.run.Json;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.RunId;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Keys that could not be migrated, with their errors. */
public final class QuarantineStore {

    private final Connections connections;
    private final LedgerName name;

    QuarantineStore(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /**
     * A key to be tried again.
     *
     * @param lower the cursor before it; null where it is the first
     */
    public record Entry(long id, @Nullable List<String> lower, List<String> key) {}

    /** The query for all keys of a run that were given up, as arrays of text. */
    public String keysOf(long run) {
        return name.in("select q.key from ${ledger}.quarantine q where q.status <> 'MIGRATED' and q.run_id = ") + run;
    }

    /** Puts a key into quarantine, in the transaction that passes it. */
    public Mono<Void> add(
            Connection connection,
            long run,
            @Nullable Long batch,
            @Nullable List<String> lower,
            List<String> key,
            Failure failure) {
        @Nullable Object[] error = FailureReport.columns(failure);
        return Statements.update(
                        connection,
                        name.in(BatchSql.QUARANTINE),
                        run,
                        batch,
                        DataRunStore.array(lower),
                        DataRunStore.array(key),
                        error[0],
                        error[1],
                        error[2],
                        error[3],
                        error[4],
                        error[5],
                        error[6])
                .then();
    }

    /**
     * What there is of a run.
     *
     * @param told keys that had no event until now
     * @param open keys that are open
     */
    public record Announced(long told, long open) {}

    /** Journals what has no event yet. */
    public Mono<Announced> announce(long run) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(BatchSql.ANNOUNCE),
                row -> new Announced(RunRows.number(row, "told"), RunRows.number(row, "open")),
                run));
    }

    /** Emits how many keys of the run are open. */
    public Mono<Long> open(long run) {
        return connections.lendOne(connection ->
                Statements.queryOne(connection, name.in(BatchSql.OPEN), row -> RunRows.number(row, "open"), run));
    }

    /** Emits whether an open key of the run has not been tried since somebody retried the run. */
    public Mono<Boolean> hasUntried(long run) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(BatchSql.HAS_UNTRIED),
                row -> Boolean.TRUE.equals(row.get("untried", Boolean.class)),
                run));
    }

    /** Emits the open keys of the run, in the order in which they failed. */
    public Flux<QuarantinedKey> list(long run) {
        return list(run, 0, Integer.MAX_VALUE);
    }

    /** As {@link #list(long)}: those with a greater number, at most so many. */
    public Flux<QuarantinedKey> list(long run, long after, int limit) {
        return connections.lend(connection -> Statements.query(
                connection,
                name.in(BatchSql.LIST),
                row -> new QuarantinedKey(
                        new RunId(connections.shard(), run),
                        RunRows.number(row, "id"),
                        requireNonNull(DataRunStore.list(row, "key")),
                        requireNonNull(row.get("attempts", Integer.class)),
                        requireNonNull(row.get("at", Instant.class)),
                        requireNonNull(RunRows.failure(row))),
                run,
                after,
                limit));
    }

    /** Emits the next open key behind an id, as the given transaction sees it; empty when there is none. */
    public Mono<Entry> next(Connection connection, long run, long behind) {
        return Statements.queryOne(connection, name.in(BatchSql.NEXT), QuarantineStore::entry, run, behind);
    }

    /** Closes an entry whose key is migrated, in the transaction that did it. */
    public Mono<Void> migrated(Connection connection, Entry entry) {
        return Statements.update(connection, name.in(BatchSql.MIGRATED), entry.id)
                .then();
    }

    /**
     * Closes open keys that will never be migrated; emits how many.
     *
     * @param keys null: all of them
     */
    public Mono<Long> dismiss(long run, @Nullable Collection<List<String>> keys) {
        return connections.lendOne(connection -> Statements.update(
                connection,
                name.in(BatchSql.DISMISS),
                run,
                keys == null ? null : Json.MAPPER.writeValueAsString(keys)));
    }

    private static Entry entry(Readable row) {
        return new Entry(
                RunRows.number(row, "id"),
                DataRunStore.list(row, "lower"),
                requireNonNull(DataRunStore.list(row, "key")));
    }
}
