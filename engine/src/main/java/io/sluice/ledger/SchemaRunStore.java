package io.sluice.ledger;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.run.RunId;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What schema runs add to their runs, on one shard. */
public final class SchemaRunStore {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Connections connections;
    private final LedgerName name;

    SchemaRunStore(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /**
     * A schema run to be made.
     *
     * @param name of the run; one run of a name is under way at most
     */
    public record Order(String name, SchemaRun run, RunStatus status, int maxAttempts, boolean again) {}

    /** Finds or makes the run, as part of the caller's transaction. Nothing is journalled: see {@link RunStore#announce}. */
    public Mono<RunStore.Enqueued> enqueue(Connection connection, Order order) {
        SchemaRun run = order.run;
        return Statements.queryOne(
                connection,
                name.in(SchemaRunSql.ENQUEUE),
                row -> new RunStore.Enqueued(
                        RunRows.number(row, "run_id"), Boolean.TRUE.equals(row.get("created", Boolean.class))),
                run.operation(),
                run.schema(),
                run.table(),
                run.object(),
                order.name,
                run.definition(),
                millis(run.statementTimeout()),
                millis(run.lockBudget()),
                order.status.name(),
                order.maxAttempts,
                order.again);
    }

    /** Emits it; errors with {@link RunNotFoundException} where there is none, or it is of another kind. */
    public Mono<SchemaRun> find(long run) {
        return connections.lendOne(connection -> find(connection, run)).switchIfEmpty(notFound(run));
    }

    /** Emits it as the given transaction sees it; empty when there is none. */
    public Mono<SchemaRun> find(Connection connection, long run) {
        return Statements.queryOne(connection, name.in(SchemaRunSql.FIND), SchemaRunStore::schemaRun, run);
    }

    /** Notes that from now on something may be left behind; errors with {@link LeaseLostException} when the lease is lost. */
    public Mono<Void> begun(Lease lease) {
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        name.in(SchemaRunSql.BEGUN),
                        row -> 1,
                        lease.run().number(),
                        lease.token()))
                .switchIfEmpty(Mono.error(() -> new LeaseLostException(lease.run(), "it was taken over")))
                .then();
    }

    /** Notes that nothing is left behind; without a trace when somebody else has had the run since. */
    public Mono<Void> cleaned(Lease lease) {
        return under(lease, SchemaRunSql.CLEANED);
    }

    /** Notes that nothing half-done is left behind, but perhaps something that who tries again can use; else as {@link #cleaned}. */
    public Mono<Void> tidied(Lease lease) {
        return under(lease, SchemaRunSql.TIDIED);
    }

    private Mono<Void> under(Lease lease, String sql) {
        return connections
                .lendOne(connection ->
                        Statements.update(connection, name.in(sql), lease.run().number(), lease.token()))
                .then();
    }

    /**
     * Emits the token under which what a run left can be cleaned up, when the run is over; empty where it left nothing, where a
     * younger run has taken that over, and while somebody works on the table.
     */
    public Mono<Long> toBeCleaned(long run) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection, name.in(SchemaRunSql.TO_BE_CLEANED), row -> RunRows.number(row, "lease_token"), run));
    }

    /** Emits one run whose clean-up is due, for the caller to see to; empty: none is. Nobody else is given it for half a minute. */
    public Mono<Long> owing() {
        return connections.lendOne(connection ->
                Statements.queryOne(connection, name.in(SchemaRunSql.OWING), row -> RunRows.number(row, "run_id")));
    }

    /**
     * A run that is over and has something lying about.
     *
     * @param lease the last that somebody had
     */
    public record Owed(Lease lease, RunStatus status) {}

    /** Emits those whose clean-up is owed on the tables of a run that holds them, the oldest first. */
    public Flux<Owed> owedBeside(long run) {
        return connections.lend(connection -> Statements.query(
                connection,
                name.in(SchemaRunSql.OWED_BESIDE),
                row -> new Owed(
                        new Lease(
                                new RunId(connections.shard(), RunRows.number(row, "id")),
                                RunRows.number(row, "lease_token"),
                                "clean-up"),
                        RunRows.status(row, "status")),
                run));
    }

    /** Emits when it first looked for old transactions, however often it was handed back since. Errors as {@link #begun} does. */
    public Mono<Instant> clearing(Lease lease) {
        return held(lease, SchemaRunSql.CLEARING, row -> requireNonNull(row.get("since", Instant.class)));
    }

    /** Notes that they are waited for no longer; without a trace when the lease is lost. */
    public Mono<Void> cleared(Lease lease) {
        return under(lease, SchemaRunSql.CLEARED);
    }

    /** Sets its percent back to nothing; without a trace when the lease is lost. */
    public Mono<Void> begunAnew(Lease lease) {
        return under(lease, SchemaRunSql.BEGUN_ANEW);
    }

    /** Counts that the table could not be looked at; emits how often in a row that was so. Errors as {@link #begun} does. */
    public Mono<Integer> refused(Lease lease) {
        return held(lease, SchemaRunSql.REFUSED, row -> requireNonNull(row.get("times", Integer.class)));
    }

    private <T> Mono<T> held(Lease lease, String sql, Function<Readable, T> mapped) {
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection, name.in(sql), mapped, lease.run().number(), lease.token()))
                .switchIfEmpty(Mono.error(() -> new LeaseLostException(lease.run(), "it was taken over")));
    }

    /** What a watchdog saw. */
    public record Sighting(
            String phase,
            double percent,
            Counted blocks,
            Counted tuples,
            Counted lockers,
            Counted partitions,
            @Nullable String waitsFor,
            SchemaRun.@Nullable Backend backend) {

        /** Before the server does anything. */
        public static Sighting of(String phase, @Nullable String waitsFor) {
            Counted none = new Counted(0, 0);
            return new Sighting(phase, 0, none, none, none, none, waitsFor, null);
        }
    }

    /** Writes it down; without a trace when the lease is lost. */
    public Mono<Void> progressed(Lease lease, Sighting seen) {
        ObjectNode counts = JSON.createObjectNode();
        put(counts, "blocks", seen.blocks);
        put(counts, "tuples", seen.tuples);
        put(counts, "lockers", seen.lockers);
        put(counts, "partitions", seen.partitions);
        SchemaRun.Backend backend = seen.backend;
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        name.in(SchemaRunSql.PROGRESSED),
                        row -> 1,
                        lease.run().number(),
                        lease.token(),
                        seen.phase,
                        seen.percent,
                        counts.toString(),
                        seen.waitsFor,
                        backend == null ? null : backend.pid(),
                        backend == null ? null : backend.start()))
                .then();
    }

    /** How far a run is, without an ETA: that needs two of these. Errors as {@link #find(long)} does. */
    public Mono<SchemaProgress> progress(long run) {
        return connections
                .lendOne(connection ->
                        Statements.queryOne(connection, name.in(SchemaRunSql.PROGRESS), this::progress, run))
                .switchIfEmpty(notFound(run));
    }

    /** How far each run is that may change by itself or did a moment ago. */
    public Flux<SchemaProgress> liveProgress() {
        return connections.lend(
                connection -> Statements.query(connection, name.in(SchemaRunSql.LIVE_PROGRESS), this::progress));
    }

    /** Journals a note for people: for whom it waits, what it found, what it dropped. */
    public Mono<Void> noted(long run, String note) {
        return journal(run, "SCHEMA_NOTE", JSON.createObjectNode().put("note", note));
    }

    /** Journals that something was done, or is about to be, to a session that is in the way. */
    public Mono<Void> blockerEnded(long run, String action, int pid, String blocker) {
        return journal(
                run,
                "BLOCKER",
                JSON.createObjectNode().put("action", action).put("pid", pid).put("blocker", blocker));
    }

    /** Emits whether a run of that name SUCCEEDED, as the given transaction sees it. */
    public Mono<Boolean> hasSucceeded(Connection connection, String run) {
        return isSo(connection, SchemaRunSql.HAS_SUCCEEDED, run);
    }

    /** Emits whether a run of that name that nobody works on has begun something which may be at work still, or half-done. */
    public Mono<Boolean> isUnclean(String run) {
        return connections.lendOne(connection -> isSo(connection, SchemaRunSql.IS_UNCLEAN, run));
    }

    private Mono<Boolean> isSo(Connection connection, String sql, Object... values) {
        return Statements.queryOne(
                connection, name.in(sql), row -> Boolean.TRUE.equals(row.get("it", Boolean.class)), values);
    }

    /** Emits whether what the run left is for the holder of that token to clean up. */
    public Mono<Boolean> mayCleanUp(Lease lease) {
        return connections.lendOne(connection ->
                isSo(connection, SchemaRunSql.MAY_CLEAN_UP, lease.run().number(), lease.token()));
    }

    private Mono<Void> journal(long run, String kind, ObjectNode detail) {
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection, name.in(SchemaRunSql.JOURNAL), row -> 1, run, kind, detail.toString()))
                .then();
    }

    private <T> Mono<T> notFound(long run) {
        return Mono.error(() -> new RunNotFoundException(connections.shard() + ":" + run + " of kind SCHEMA"));
    }

    private static SchemaRun schemaRun(Readable row) {
        Integer pid = row.get("backend_pid", Integer.class);
        Instant start = row.get("backend_start", Instant.class);
        return new SchemaRun(
                RunRows.text(row, "operation"),
                RunRows.text(row, "table_schema"),
                RunRows.text(row, "table_name"),
                row.get("object", String.class),
                RunRows.text(row, "definition_text"),
                duration(row, "statement_timeout_ms"),
                duration(row, "lock_budget_ms"),
                pid == null || start == null ? null : new SchemaRun.Backend(pid, start),
                Boolean.TRUE.equals(row.get("unclean", Boolean.class)),
                Boolean.TRUE.equals(row.get("applied", Boolean.class)));
    }

    private SchemaProgress progress(Readable row) {
        RunStatus status = RunRows.status(row, "status");
        JsonNode counts = JSON.readTree(RunRows.text(row, "counts"));
        String error = row.get("error_class", String.class);
        double percent = requireNonNull(row.get("percent", Double.class));
        String throttled = row.get("throttle_reason", String.class);
        return new SchemaProgress(
                new RunId(connections.shard(), RunRows.number(row, "id")),
                status,
                requireNonNullElse(row.get("phase", String.class), ""),
                status == RunStatus.SUCCEEDED ? 100 : Math.min(percent, 99.9),
                null,
                counted(counts, "blocks"),
                counted(counts, "tuples"),
                counted(counts, "lockers"),
                counted(counts, "partitions"),
                status.isLeased() ? row.get("waits_for", String.class) : throttled,
                error == null ? null : error + ": " + row.get("error_message", String.class));
    }

    private static void put(ObjectNode counts, String what, Counted counted) {
        if (counted.total() > 0) {
            counts.putArray(what).add(counted.done()).add(counted.total());
        }
    }

    private static Counted counted(JsonNode counts, String what) {
        JsonNode pair = counts.path(what);
        return new Counted(pair.path(0).asLong(0), pair.path(1).asLong(0));
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis();
    }

    private static @Nullable Duration duration(Readable row, String column) {
        Long millis = row.get(column, Long.class);
        return millis == null ? null : Duration.ofMillis(millis);
    }
}
