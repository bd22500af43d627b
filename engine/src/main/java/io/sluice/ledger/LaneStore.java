package io.sluice.ledger;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.sql.Connections;
import io.sluice.sql.Literal;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.pool.Pool;
import reactor.pool.PoolBuilder;

/** The lanes of one shard's data runs: taking one is the fence behind which nothing older can commit. */
public final class LaneStore {

    /** Tells one transaction from another: its beginning, in µs since 1970 by the clock of the database. */
    public static final String TRANSACTION_BEGAN = "(extract(epoch from transaction_timestamp()) * 1000000)::bigint";

    /**
     * Who waits for a lane holds a connection of the pool meanwhile. Whoever ends such a wait needs another one, and so do those
     * who keep the lease; a run with many lanes takes them two by two.
     */
    private static final int WAITING = 2;

    /** So long after it was told to end, a backend has ended, unless it is not ours to end. */
    private static final Duration EVICTED_WITHIN = Duration.ofSeconds(20);

    private final Connections connections;
    private final LedgerName name;
    private final Scheduler scheduler;
    private final Pool<Boolean> places =
            PoolBuilder.from(Mono.just(true)).sizeBetween(0, WAITING).buildPool();

    LaneStore(Connections connections, LedgerName name, Scheduler scheduler) {
        this.connections = connections;
        this.name = name;
        this.scheduler = scheduler;
    }

    /**
     * The lanes of the present pass.
     *
     * @param open numbers of those that have keys left, in order
     * @param next the number of the next new one
     */
    public record Roll(List<Integer> open, int next) {}

    /** Emits which lanes a run has; none before its first claim. */
    public Mono<Roll> roll(long run) {
        return connections
                .lend(connection -> Statements.query(connection, name.in(DataRunSql.LANES), LaneStore::numbered, run))
                .collectList()
                .map(all -> new Roll(
                        all.stream()
                                .filter(Numbered::open)
                                .map(Numbered::number)
                                .toList(),
                        all.isEmpty() ? 0 : all.get(all.size() - 1).number + 1));
    }

    private record Numbered(int number, boolean open) {}

    /** Emits what lanes have left beyond their open batches, as of now. */
    public Flux<LaneRest> rests(long run) {
        return connections.lend(
                connection -> Statements.query(connection, name.in(DataRunSql.RESTS), LaneStore::rest, run));
    }

    /**
     * A lane that is locked.
     *
     * @param working whether the run is to go on; nothing of it may be touched if not
     */
    public record Locked(LaneRest rest, boolean working) {}

    /**
     * Locks a lane for the holder of the lease, in the caller's transaction, and so waits a second at most for the sub-batch in flight. The run is
     * read without a lock, in a further statement, so nobody who changes it waits.
     *
     * @return emits what the lane has left now; empty when nothing, or when it was just put into a fresh row; errors with
     *     {@link LeaseLostException} when the lease is lost
     */
    public Mono<Locked> lock(Connection connection, Lease lease, int number) {
        long run = lease.run().number();
        return Statements.queryOne(connection, "select set_config('lock_timeout', '1000', true) as soon", row -> 1)
                .then(Statements.queryOne(
                        connection, name.in(DataRunSql.LOCK_LANE), LaneStore::rest, run, number, lease.token()))
                .flatMap(rest -> Statements.queryOne(
                                connection,
                                name.in(DataRunSql.IS_AT_WORK),
                                row -> new Locked(rest, Boolean.TRUE.equals(row.get("working", Boolean.class))),
                                run,
                                lease.token())
                        .switchIfEmpty(Mono.error(() -> new LeaseLostException(lease.run(), "it was taken over"))));
    }

    /** Gives what a lane has behind a key to a new one, in the caller's transaction, which has locked it. */
    public Mono<Void> divide(Connection connection, Lease lease, int number, List<String> middle, int newNumber) {
        return Statements.update(
                        connection,
                        name.in(DataRunSql.DIVIDE_LANE),
                        lease.run().number(),
                        number,
                        newNumber,
                        DataRunStore.array(middle),
                        lease.token())
                .then();
    }

    /** Locks a lane in the caller's transaction; emits its last key as it is now. */
    public Mono<List<String>> upper(Connection connection, Lane lane) {
        return Statements.queryOne(
                connection,
                name.in(DataRunSql.UPPER),
                row -> requireNonNull(DataRunStore.list(row, "upper")),
                lane.id());
    }

    /**
     * Takes a lane for the holder of the lease. Whatever was sent for it before finds another token or epoch and does nothing. A
     * sub-batch in flight is waited for as long as the patience says; then its backend is terminated, if it is one of ours.
     *
     * @return the lane as it stands behind the fence; errors with {@link LeaseLostException} when the lease is lost
     */
    public Mono<Lane> take(Lease lease, int number, Duration patience) {
        return taking(lease, number, patience, (connection, lane) -> Mono.just(lane));
    }

    /** A lane with less to do at once than before: {@code before} keys. */
    public record Shrunk(Lane lane, int before) {}

    /** As {@link #take}, and halves the size of its next sub-batch; one of a single key stays so. */
    public Mono<Shrunk> takeSmaller(Lease lease, int number, Duration patience) {
        return taking(
                lease,
                number,
                patience,
                (connection, lane) -> Statements.queryOne(
                                connection,
                                name.in(DataRunSql.SHRINK_LANE),
                                row -> requireNonNull(row.get("size", Integer.class)),
                                lane.id())
                        .map(before -> new Shrunk(lane, before)));
    }

    /**
     * Who finds the lane free has it at once; only who must wait for it needs one of the places.
     *
     * @param then done with the lane in the same transaction
     */
    private <T> Mono<T> taking(Lease lease, int number, Duration patience, BiFunction<Connection, Lane, Mono<T>> then) {
        // it takes as long as the patience says, and has its own end
        Mono<T> waiting = connections.unhurried(connection -> backend(connection)
                .flatMap(pid -> Flux.merge(take(connection, lease, number), evictBlockers(pid, patience))
                        .next())
                .timeout(patience.plus(EVICTED_WITHIN), isLockedByStrangers(lease, number), scheduler)
                .flatMap(lane -> then.apply(connection, lane)));
        return connections
                .transaction(connection -> Statements.queryOne(
                                connection, "select set_config('lock_timeout', '20', true) as soon", row -> 1)
                        .then(take(connection, lease, number))
                        .flatMap(lane -> then.apply(connection, lane)))
                .onErrorResume(
                        error -> SqlFault.of(error) == SqlFault.LOCK_TIMEOUT,
                        error -> places.withPoolable(place -> waiting).singleOrEmpty());
    }

    /** Takes the lanes of a run that have keys left, and thereby ends what was in flight on them. */
    public Mono<Void> fence(Lease lease, Duration patience) {
        return roll(lease.run().number())
                .flatMapIterable(Roll::open)
                .concatMap(number -> take(lease, number, patience))
                .then();
    }

    /** Closes the open batch and opens the next one, in the caller's transaction, which holds the lane. */
    public Mono<Void> nextBatch(Connection connection, Lane lane, @Nullable List<String> upper) {
        return Statements.queryOne(
                        connection, name.in(DataRunSql.NEXT_BATCH), row -> 1, lane.id(), DataRunStore.array(upper))
                .then();
    }

    /** An open-ended lane is at its end: what was done last is its upper key. In the caller's transaction. */
    public Mono<Void> endHere(Connection connection, Lane lane) {
        return Statements.update(connection, name.in(DataRunSql.END_HERE), lane.id())
                .then(nextBatch(connection, lane, null));
    }

    /**
     * The statement that writes the cursor and the counters, in the transaction of the work, and the size of the next sub-batch.
     * Nothing is bound in it, so that the commit can follow it in one message. It has one row, and none, and writes nothing, in
     * any transaction but that which began then.
     *
     * @param began what {@link #TRANSACTION_BEGAN} was in the transaction
     * @param target time that the next one may take, in ms; 0: as the settings say
     */
    public String checkpoint(Lane lane, long began, List<String> cursor, long seen, long changed, int target) {
        String keys = cursor.stream().map(Literal::text).collect(Collectors.joining(", ", "array[", "]::text[]"));
        return "select " + name.quoted() + ".checkpoint(" + lane.id() + ", " + keys + ", " + seen + ", " + changed
                + ", " + target + ")::text as done where " + TRANSACTION_BEGAN + " = " + began;
    }

    private static <T> Mono<T> isLockedByStrangers(Lease lease, int number) {
        return Mono.error(() -> new TimeoutException("lane " + number + " of run " + lease.run()
                + " is locked by a session that is none of Sluice; find it in pg_locks, and end it"));
    }

    /**
     * Whoever waited for a lane that was put into a fresh row meanwhile finds no row, as its statement does not see that one: a further
     * statement does.
     */
    private Mono<Lane> take(Connection connection, Lease lease, int number) {
        Mono<Lane> once = Statements.queryOne(
                connection,
                name.in(DataRunSql.TAKE_LANE),
                LaneStore::lane,
                lease.run().number(),
                number,
                lease.token());
        Mono<Lane> again = Statements.queryOne(
                        connection,
                        name.in(DataRunSql.IS_AT_WORK),
                        row -> 1,
                        lease.run().number(),
                        lease.token())
                .switchIfEmpty(Mono.error(() -> new LeaseLostException(lease.run(), "it was taken over")))
                .then(once);
        return once.switchIfEmpty(again)
                .switchIfEmpty(again)
                .switchIfEmpty(
                        Mono.error(() -> new LeaseLostException(lease.run(), "lane " + number + " was taken over")));
    }

    private static Mono<Integer> backend(Connection connection) {
        // a session may have a lock timeout of its own; this wait has its own end
        return Statements.queryOne(
                connection,
                "select pg_backend_pid() as pid, set_config('lock_timeout', '0', true) as unlimited",
                row -> requireNonNull(row.get("pid", Integer.class)));
    }

    /** Never emits: it goes on until the lane is taken. */
    private Mono<Lane> evictBlockers(int pid, Duration patience) {
        return Flux.interval(patience, Duration.ofMillis(200), scheduler)
                .onBackpressureDrop()
                .concatMap(
                        tick -> connections
                                .lend(other ->
                                        Statements.query(other, name.in(DataRunSql.EVICT_BLOCKERS), row -> 1, pid))
                                // the next look is a moment away, and the wait itself tells of lasting trouble
                                .onErrorComplete(),
                        1)
                .then(Mono.never());
    }

    private static LaneRest rest(Readable row) {
        return new LaneRest(
                requireNonNull(row.get("number", Integer.class)),
                DataRunStore.list(row, "behind"),
                requireNonNull(DataRunStore.list(row, "upper")));
    }

    private static Numbered numbered(Readable row) {
        return new Numbered(
                requireNonNull(row.get("number", Integer.class)), Boolean.TRUE.equals(row.get("open", Boolean.class)));
    }

    private static Lane lane(Readable row) {
        return new Lane(
                RunRows.number(row, "id"),
                requireNonNull(row.get("number", Integer.class)),
                RunRows.number(row, "token"),
                RunRows.number(row, "epoch"),
                DataRunStore.list(row, "cursor"),
                DataRunStore.list(row, "upper"),
                row.get("batch_id", Long.class),
                row.get("size", Integer.class),
                RunRows.number(row, "sub_batches"),
                RunRows.number(row, "batch_seen"));
    }
}
