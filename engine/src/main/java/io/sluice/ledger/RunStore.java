package io.sluice.ledger;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.event.RunObserver;
import io.sluice.run.Arguments;
import io.sluice.run.Ending;
import io.sluice.run.Failure;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunStatus;
import io.sluice.run.Verb;
import io.sluice.sql.Connections;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The runs of one shard. Each change of status is one statement that carries its own guard and its own event. */
public final class RunStore {

    private final Connections connections;
    private final LedgerName name;

    RunStore(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /** What enqueueing found: a run, and whether it was made just now. */
    public record Enqueued(long run, boolean created) {}

    /** Finds or makes the run, as part of the caller's transaction. Nothing is journalled: see {@link #announce}. */
    public Mono<Enqueued> enqueue(
            Connection connection,
            RunKind kind,
            String migration,
            Arguments arguments,
            RunStatus status,
            int attempts,
            boolean again) {
        return Statements.queryOne(
                connection,
                name.in(RunSql.ENQUEUE),
                row -> new Enqueued(
                        RunRows.number(row, "run_id"), Boolean.TRUE.equals(row.get("created", Boolean.class))),
                kind.name(),
                migration,
                arguments.toJson(),
                status.name(),
                attempts,
                again);
    }

    /** Journals one run that was enqueued but not told of yet; for the transaction that made it. */
    public Mono<Void> announce(Connection connection, long run) {
        return Statements.query(connection, name.in(RunSql.ANNOUNCE), row -> 1, run)
                .then();
    }

    /** Journals every run that a user's transaction or plain SQL enqueued; emits how many there were. */
    public Mono<Long> announceAll() {
        return connections.lendOne(
                connection -> Statements.query(connection, name.in(RunSql.ANNOUNCE), row -> 1, (Object) null)
                        .count());
    }

    /** Emits the run; errors with {@link RunNotFoundException} when there is none. */
    public Mono<Run> find(long run) {
        return one(RunSql.FIND, this::run, run)
                .switchIfEmpty(Mono.error(() -> new RunNotFoundException(id(run).toString())));
    }

    /** Emits the run as the given transaction sees it. */
    public Mono<Run> find(Connection connection, long run) {
        return Statements.queryOne(connection, name.in(RunSql.FIND), this::run, run);
    }

    /** Emits the newest generation; empty when it was never enqueued here. */
    public Mono<Run> findNewest(RunKind kind, String migration, Arguments arguments) {
        return one(RunSql.FIND_NEWEST, this::run, kind.name(), migration, arguments.toJson());
    }

    /** Emits all runs, newest first. */
    public Flux<Run> list() {
        return connections.lend(connection -> Statements.query(connection, name.in(RunSql.LIST), this::run));
    }

    /** Emits how many runs stand where, by migration. */
    public Flux<RunObserver.Standing> standings() {
        return connections.lend(connection -> Statements.query(
                connection,
                name.in(RunSql.STANDINGS),
                row -> new RunObserver.Standing(
                        RunRows.text(row, "name"), RunRows.status(row, "status"), RunRows.number(row, "runs"))));
    }

    /**
     * Claims one due run of the known names if there is a slot left over all instances; empty when there is none. It emits a second
     * one if another run ended in this instant.
     */
    public Flux<Run> claim(RunKind kind, String owner, Collection<String> names, int slots, Duration lease) {
        return connections
                .transaction(connection -> Statements.query(
                                connection,
                                name.in(RunSql.CLAIM_ONE),
                                this::run,
                                kind.name(),
                                owner,
                                names.toArray(String[]::new),
                                slots,
                                lease.toMillis())
                        .collectList())
                .flatMapIterable(Function.identity());
    }

    /** Claims due schema runs of the known operations, never two on one table or partition tree. */
    public Flux<Run> claimSchema(String owner, Collection<String> operations, int slots, Duration lease) {
        return connections
                .transaction(connection -> Statements.query(
                                connection,
                                name.in(RunSql.CLAIM_SCHEMA),
                                this::run,
                                owner,
                                operations.toArray(String[]::new),
                                slots,
                                lease.toMillis())
                        .collectList())
                .flatMapIterable(Function.identity());
    }

    /** Emits operations of schema runs that wait for a worker which knows them. */
    public Flux<String> unknownOperations(Collection<String> known) {
        return connections
                .lendOne(connection -> Statements.query(
                                connection,
                                name.in(RunSql.UNKNOWN_OPERATIONS),
                                row -> RunRows.text(row, "name"),
                                (Object) known.toArray(String[]::new))
                        .collectList())
                .flatMapIterable(Function.identity());
    }

    /** Emits whether a claim would find anything at the moment. */
    public Mono<Boolean> isDue(RunKind kind, Collection<String> names, int slots) {
        return one(
                RunSql.IS_DUE,
                row -> Boolean.TRUE.equals(row.get("due", Boolean.class)),
                kind.name(),
                names.toArray(String[]::new),
                slots);
    }

    /** Writes down what the runs that are due wait for. */
    public Mono<Void> waiting(RunKind kind, Collection<String> names, String reason) {
        return connections
                .lendOne(connection -> Statements.update(
                        connection, name.in(RunSql.TELL_WAITING), kind.name(), names.toArray(String[]::new), reason))
                .then();
    }

    /** Writes down what a run at work waits for; null: nothing any more. Nothing happens when the lease is lost. */
    public Mono<Void> waiting(Lease lease, @Nullable String reason) {
        return connections
                .lendOne(connection -> Statements.update(
                        connection,
                        name.in(RunSql.TELL_HELD_WAITING),
                        lease.run().number(),
                        lease.token(),
                        reason))
                .then();
    }

    /** Emits the names of runs that wait for a worker which knows them. */
    public Flux<String> unknownNames(RunKind kind, Collection<String> known) {
        return connections
                .lendOne(connection -> Statements.query(
                                connection,
                                name.in(RunSql.UNKNOWN_NAMES),
                                row -> RunRows.text(row, "name"),
                                kind.name(),
                                known.toArray(String[]::new))
                        .collectList())
                .flatMapIterable(Function.identity());
    }

    /**
     * Moves a run as an operator asks.
     *
     * @return the run as it stands now; errors with {@link IllegalTransitionException} when the verb is refused from where it
     *     stands, with {@link RunNotFoundException} when there is no such run
     */
    public Mono<Run> change(long run, Verb verb) {
        return change(run, verb, verb.allowedIn());
    }

    /** As {@link #change(long, Verb)}, from some of the statuses only in which the verb could be used. */
    public Mono<Run> change(long run, Verb verb, Collection<RunStatus> from) {
        Edges edges = Edges.of(from, verb::from);
        return one(RunSql.CHANGE, this::run, run, edges.fromNames(), edges.toNames(), verb == Verb.RETRY)
                .switchIfEmpty(find(run)
                        .flatMap(it -> Mono.error(new IllegalTransitionException(it.id(), verb, it.status()))));
    }

    /**
     * Claims one run for a foreground caller, whoever holds it; errors as {@link #change} does, and with {@link
     * TableInUseException} when another schema run works on its table.
     */
    public Mono<Run> claimFinishing(long run, String owner, Duration lease) {
        String[] from = Edges.of(Verb.FINISH.allowedIn(), Verb.FINISH::from).fromNames();
        return one(RunSql.CLAIM_FINISHING, this::run, run, owner, from, lease.toMillis())
                .onErrorResume(
                        error -> "23505".equals(SqlFault.sqlState(error)),
                        error -> one(RunSql.HOLDER_OF_ROOT, this::run, run)
                                .flatMap(holder -> Mono.<Run>error(new TableInUseException(id(run), holder)))
                                .switchIfEmpty(Mono.error(error)))
                .switchIfEmpty(find(run)
                        .flatMap(it -> Mono.error(new IllegalTransitionException(it.id(), Verb.FINISH, it.status()))));
    }

    /** Emits the status of the run; empty when the lease is lost. */
    public Mono<RunStatus> renew(Lease lease, Duration term) {
        return one(
                RunSql.RENEW,
                row -> RunRows.status(row, "status"),
                lease.run().number(),
                lease.token(),
                term.toMillis());
    }

    /** Emits the status of the run; empty when the lease is lost. */
    public Mono<RunStatus> watch(Lease lease) {
        return one(
                RunSql.WATCH, row -> RunRows.status(row, "status"), lease.run().number(), lease.token());
    }

    /**
     * What the holder of a lease leaves behind: how it ended, and what is to be kept of it.
     *
     * @param attemptsSpent added to the attempts of the run; negative when progress made earlier ones count no more
     */
    public record Release(
            Ending ending,
            int attemptsSpent,
            @Nullable Duration nextAttempt,
            @Nullable String reason,
            @Nullable Failure failure) {

        public static Release of(Ending ending) {
            return new Release(ending, 0, null, null, null);
        }
    }

    /** Lets go of a run; emits it as it stands now. Empty when the lease is lost or the status forbids this ending. */
    public Mono<Run> release(Lease lease, Release release) {
        Edges edges = Edges.of(release.ending.allowedIn(), release.ending::from);
        @Nullable Object[] error = FailureReport.columns(release.failure);
        Duration next = release.nextAttempt;
        return one(
                RunSql.RELEASE,
                this::run,
                lease.run().number(),
                lease.token(),
                edges.fromNames(),
                edges.toNames(),
                release.attemptsSpent,
                next == null ? null : next.toMillis(),
                release.reason,
                error[0],
                error[1],
                error[2],
                error[3],
                error[4],
                error[5],
                error[6]);
    }

    /** Takes over one lapsed lease so that it can be settled; empty when none has lapsed. */
    public Mono<Run> takeLapsed(String owner, Duration lease) {
        return one(RunSql.TAKE_LAPSED, this::run, owner, lease.toMillis(), null);
    }

    /** As {@link #takeLapsed(String, Duration)}, for one run; empty when its lease has not lapsed. */
    public Mono<Run> takeLapsed(String owner, Duration lease, long run) {
        return one(RunSql.TAKE_LAPSED, this::run, owner, lease.toMillis(), run);
    }

    /**
     * Removes every generation of a migration's run.
     *
     * @return ids of the removed; empty when there were none; errors with {@link LeaseHeldException} when one is being worked on
     */
    public Flux<RunId> remove(RunKind kind, String migration, Arguments arguments) {
        return connections
                .transaction(connection -> Statements.query(
                                connection,
                                name.in(RunSql.REMOVE),
                                row -> id(RunRows.number(row, "id")),
                                kind.name(),
                                migration,
                                arguments.toJson())
                        .collectList()
                        .flatMap(removed ->
                                held(connection, kind, migration, arguments).thenReturn(removed)))
                .flatMapIterable(Function.identity());
    }

    private Mono<Void> held(Connection connection, RunKind kind, String migration, Arguments arguments) {
        return Statements.queryOne(
                        connection, name.in(RunSql.FIND_NEWEST), this::run, kind.name(), migration, arguments.toJson())
                .flatMap(run -> {
                    Run.Holder holder = run.lease();
                    return Mono.error(new LeaseHeldException(run.id(), holder == null ? "nobody" : holder.owner()));
                });
    }

    private <T> Mono<T> one(String sql, Function<? super Readable, ? extends T> row, @Nullable Object... values) {
        return connections.lendOne(connection -> Statements.<T>queryOne(connection, name.in(sql), row, values));
    }

    private Run run(Readable row) {
        return RunRows.run(connections.shard(), row);
    }

    private RunId id(long run) {
        return new RunId(connections.shard(), run);
    }

    /** The edges of a verb or an ending as two lists with the same places, for the guard of a statement. */
    private record Edges(List<RunStatus> from, List<RunStatus> to) {

        static Edges of(Collection<RunStatus> statuses, Function<RunStatus, Optional<RunStatus>> target) {
            List<RunStatus> from = statuses.stream().sorted().toList();
            return new Edges(
                    from,
                    from.stream().map(it -> target.apply(it).orElseThrow()).toList());
        }

        String[] fromNames() {
            return from.stream().map(RunStatus::name).toArray(String[]::new);
        }

        String[] toNames() {
            return to.stream().map(RunStatus::name).toArray(String[]::new);
        }
    }
}
