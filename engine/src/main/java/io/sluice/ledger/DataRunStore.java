package io.sluice.ledger;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.Progress;
import io.sluice.run.RowTotal;
import io.sluice.run.RunId;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What data runs add to the ledger of one shard: settings, passes, progress. Lanes have a store of their own. */
public final class DataRunStore {

    private final Connections connections;
    private final LedgerName name;

    private static final String[] OVER = Arrays.stream(RunStatus.values())
            .filter(RunStatus::isTerminal)
            .map(RunStatus::name)
            .toArray(String[]::new);

    DataRunStore(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /** Adds what a new run was given, as part of the transaction that enqueues it. */
    public Mono<Void> insert(Connection connection, long run, BatchSettings settings, KeyBounds bounds) {
        return Statements.update(
                        connection,
                        name.in(DataRunSql.INSERT),
                        columns(run, settings, array(bounds.lower()), array(bounds.upper())))
                .then();
    }

    /** Emits the data run; where it says nothing of a setting (plain SQL enqueued it) that of the declaration holds. */
    public Mono<DataRun> find(long run, BatchSettings declared) {
        return connections
                .lendOne(connection -> find(connection, run, declared))
                .switchIfEmpty(Mono.error(() -> new RunNotFoundException(connections.shard() + ":" + run)));
    }

    /** Emits the data run as the given transaction sees it; empty when there is none. */
    public Mono<DataRun> find(Connection connection, long run, BatchSettings declared) {
        return Statements.queryOne(connection, name.in(DataRunSql.FIND), row -> dataRun(row, declared), run);
    }

    /**
     * Changes the settings of a run that is not over; they hold from its next sub-batch, whichever instance works.
     *
     * @param declared what holds where the run says nothing
     * @return the new ones; empty when there is no such run, or it is over
     */
    public Mono<BatchSettings> changeSettings(long run, BatchSettings declared, UnaryOperator<BatchSettings> change) {
        return connections.transaction(connection -> Statements.queryOne(
                        connection, name.in(DataRunSql.LOCK_SETTINGS), row -> dataRun(row, declared), run, OVER)
                .map(found -> change.apply(found.settings()))
                .flatMap(changed -> Statements.update(
                                connection, name.in(DataRunSql.CHANGE_SETTINGS), columns(run, changed))
                        .thenReturn(changed)));
    }

    /**
     * What the first claim of a run finds out.
     *
     * @param lanes one range a lane; none where the run has its lanes
     */
    public record Preparation(
            BatchSettings settings, DataRun.Walked walked, String bindings, RowTotal total, List<LaneRange> lanes) {}

    /**
     * Writes what the worker found out and, at the first claim, the lanes. One transaction that holds the run row.
     *
     * @return errors with {@link LeaseLostException} when the lease is lost
     */
    public Mono<Void> prepare(Lease lease, Preparation found) {
        DataRun.Walked walked = found.walked;
        long run = lease.run().number();
        return holding(
                lease,
                connection -> Statements.update(
                                connection,
                                name.in(DataRunSql.PREPARE),
                                columns(
                                        run,
                                        found.settings,
                                        walked.source(),
                                        array(walked.keyColumns()),
                                        array(walked.keyTypes()),
                                        found.bindings,
                                        found.total.rows(),
                                        found.total.kind().name()))
                        .then(addLanes(connection, lease, found.lanes, null)));
    }

    /**
     * Begins the next pass over the keys, with new lanes.
     *
     * @return errors with {@link LeaseLostException} when the lease is lost
     */
    public Mono<Void> beginPass(Lease lease, Pass next, List<LaneRange> lanes) {
        long run = lease.run().number();
        return holding(
                lease,
                connection -> Statements.update(
                                connection,
                                name.in(DataRunSql.NEXT_PASS),
                                run,
                                next.number,
                                next.phase.name(),
                                next.rowsLeft)
                        .then(addLanes(connection, lease, lanes, next.phase == Progress.Phase.RETRYING ? 1 : null))
                        .then(Statements.query(
                                        connection,
                                        name.in(DataRunSql.JOURNAL_PASS),
                                        row -> 1,
                                        run,
                                        next.number,
                                        next.phase.name(),
                                        next.rowsLeft)
                                .then()));
    }

    /** A pass over the keys, and the rows that were left when it began. */
    public record Pass(int number, Progress.Phase phase, long rowsLeft) {}

    /** What the lanes of the present pass did so far: of a count, how many rows are left. */
    public Mono<Pass> passResult(long run) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(DataRunSql.PASS_RESULT),
                row -> new Pass(
                        requireNonNull(row.get("pass", Integer.class)),
                        phase(row),
                        RunRows.number(row, "rows_changed")),
                run));
    }

    /**
     * Records that a run is throttled, and why, or not any more; an event tells when that changes. Completes without a trace when
     * the lease is lost.
     *
     * @param reason null: not any more
     * @param lost time that it cost since this was recorded last
     */
    public Mono<Void> throttled(Lease lease, @Nullable String reason, Duration lost) {
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        name.in(DataRunSql.THROTTLED),
                        row -> 1,
                        lease.run().number(),
                        lease.token(),
                        reason,
                        lost.toMillis()))
                .then();
    }

    /** How far a run is, without a rate: that needs two of these. */
    public Mono<Progress> progress(long run) {
        return connections
                .lendOne(connection ->
                        Statements.queryOne(connection, name.in(DataRunSql.PROGRESS), this::progress, run))
                .switchIfEmpty(Mono.error(() -> new RunNotFoundException(connections.shard() + ":" + run)));
    }

    /** As {@link #progress}, of every run that may change by itself, and of those that were left within the last seconds. */
    public Flux<Progress> liveProgress() {
        return connections.lend(
                connection -> Statements.query(connection, name.in(DataRunSql.LIVE_PROGRESS), this::progress));
    }

    private Mono<Void> holding(Lease lease, java.util.function.Function<Connection, Mono<Void>> change) {
        return connections
                .transaction(connection -> Statements.queryOne(
                                connection,
                                name.in(DataRunSql.HOLD),
                                row -> 1,
                                lease.run().number(),
                                lease.token())
                        .switchIfEmpty(Mono.error(() -> new LeaseLostException(lease.run(), "it was taken over")))
                        .flatMap(held -> change.apply(connection).thenReturn(held)))
                .then();
    }

    private Mono<Void> addLanes(Connection connection, Lease lease, List<LaneRange> lanes, @Nullable Integer size) {
        return Flux.range(0, lanes.size())
                .concatMap(number -> Statements.update(
                        connection,
                        name.in(DataRunSql.ADD_LANE),
                        lease.run().number(),
                        number,
                        array(lanes.get(number).lower()),
                        array(lanes.get(number).upper()),
                        lease.token(),
                        size))
                .then();
    }

    private Progress progress(Readable row) {
        RunStatus status = RunRows.status(row, "status");
        RowTotal total = total(row);
        long seen = RunRows.number(row, "rows_seen");
        String error = row.get("error_class", String.class);
        // what a run at work wrote of its throttle is old news when it is not at work any more
        String health = status == RunStatus.RUNNING ? row.get("throttled_by", String.class) : null;
        String throttle = health != null ? health : row.get("throttle_reason", String.class);
        return new Progress(
                new RunId(connections.shard(), RunRows.number(row, "id")),
                status,
                phase(row),
                seen,
                RunRows.number(row, "seen_in_pass"),
                RunRows.number(row, "rows_changed"),
                status == RunStatus.SUCCEEDED ? RowTotal.exact(seen) : total,
                0,
                null,
                throttle != null
                        ? throttle
                        : error == null ? null : error + ": " + row.get("error_message", String.class),
                Duration.ofMillis(RunRows.number(row, "throttled_ms")));
    }

    private static DataRun dataRun(Readable row, BatchSettings declared) {
        String source = row.get("source", String.class);
        int batchSize = or(row, "batch_size", declared.batchSize());
        return new DataRun(
                new BatchSettings(
                        batchSize,
                        or(row, "sub_batch_size", Math.min(declared.subBatchSize(), batchSize)),
                        sizing(row, declared.sizing()),
                        pause(row, "batch_pause_ms", declared.batchPause()),
                        pause(row, "sub_batch_pause_ms", declared.subBatchPause()),
                        or(row, "batch_attempts", declared.batchAttempts()),
                        or(row, "lanes", declared.lanes())),
                new KeyBounds(list(row, "lower_bound"), list(row, "upper_bound")),
                source == null
                        ? null
                        : new DataRun.Walked(
                                source,
                                requireNonNull(list(row, "key_columns")),
                                requireNonNull(list(row, "key_types"))),
                requireNonNull(row.get("pass", Integer.class)),
                phase(row),
                total(row),
                row.get("throttle_reason", String.class) != null);
    }

    /** The settings in the order of their columns, behind the run and before what follows. */
    private static @Nullable Object[] columns(long run, BatchSettings settings, @Nullable Object... more) {
        return Stream.concat(
                        Stream.of(
                                run,
                                settings.batchSize(),
                                settings.subBatchSize(),
                                Math.toIntExact(settings.sizing().target().toMillis()),
                                settings.sizing().least(),
                                settings.sizing().most(),
                                settings.batchPause().toMillis(),
                                settings.subBatchPause().toMillis(),
                                settings.batchAttempts(),
                                settings.lanes()),
                        Arrays.stream(more))
                .toArray();
    }

    /** Who gave a size in plain SQL and said nothing of a target means just that size. */
    private static Sizing sizing(Readable row, Sizing declared) {
        Integer target = row.get("target_ms", Integer.class);
        return target == null && row.get("sub_batch_size", Integer.class) != null
                ? Sizing.FIXED
                : new Sizing(
                        target == null ? declared.target() : Duration.ofMillis(target),
                        or(row, "least_size", declared.least()),
                        or(row, "most_size", declared.most()));
    }

    private static Progress.Phase phase(Readable row) {
        return Progress.Phase.valueOf(RunRows.text(row, "phase"));
    }

    private static RowTotal total(Readable row) {
        return new RowTotal(
                requireNonNullElse(row.get("rows_total", Long.class), 0L),
                RowTotal.Kind.valueOf(RunRows.text(row, "rows_total_kind")));
    }

    private static int or(Readable row, String column, int declared) {
        return requireNonNullElse(row.get(column, Integer.class), declared);
    }

    private static Duration pause(Readable row, String column, Duration declared) {
        Long millis = row.get(column, Long.class);
        return millis == null ? declared : Duration.ofMillis(millis);
    }

    static @Nullable List<String> list(Readable row, String column) {
        String[] values = row.get(column, String[].class);
        return values == null ? null : List.of(values);
    }

    static String @Nullable [] array(@Nullable List<String> values) {
        return values == null ? null : values.toArray(String[]::new);
    }
}
