package io.sluice.schema;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.sluice.ledger.SchemaRun.Backend;
import io.sluice.run.RunId;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The sessions that work for one run, of this worker and of those that died: a statement goes on when its client is gone. Each
 * session bears a name that tells the run and the token of the lease; it is given before anything is begun, so whoever takes
 * the run over finds them.
 */
final class Backends {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    /** How often a statement is asked to end before its session is ended. */
    private static final int REQUESTS = 30;

    private static final String FIND = """
            select a.pid, a.backend_start, a.application_name, a.state from pg_stat_activity a
             where a.datname = current_database() and starts_with(a.application_name, $1) and a.pid <> pg_backend_pid()
            """;

    /** The name is compared once more: a process number may be that of somebody else by now. */
    private static final String END = """
            select case when $3::boolean then pg_terminate_backend(a.pid) else pg_cancel_backend(a.pid) end as done
              from pg_stat_activity a where a.pid = $1 and starts_with(a.application_name, $2)
            """;

    private final Connections connections;
    private final String prefix;
    private final Scheduler scheduler;

    /** @param ledger name of the schema of the ledger: two ledgers in one database have runs of the same numbers */
    Backends(Connections connections, String ledger, RunId run, Scheduler scheduler) {
        this.connections = connections;
        this.prefix = String.format("sluice schema %08x run %d.", ledger.hashCode(), run.number());
        this.scheduler = scheduler;
    }

    /** One session. */
    record Session(Backend backend, String name, String state) {

        /** True where it waits for its client, which may be frozen and may go on. */
        boolean isIdle() {
            return state.startsWith("idle");
        }
    }

    /** The name of the sessions of a lease. */
    String name(long token) {
        return prefix + token;
    }

    /** Emits the sessions of the run, whoever began them. */
    Flux<Session> all() {
        return connections.lend(connection -> Statements.query(
                connection,
                FIND,
                row -> new Session(
                        new Backend(
                                requireNonNull(row.get("pid", Integer.class)),
                                requireNonNull(row.get("backend_start", Instant.class))),
                        requireNonNull(row.get("application_name", String.class)),
                        requireNonNullElse(row.get("state", String.class), "")),
                prefix));
    }

    /** Emits those that were begun under other leases. */
    Flux<Session> ofOthers(long token) {
        return all().filter(it -> !it.name().equals(name(token)));
    }

    /** Ends a session. */
    Mono<Void> terminate(Session session) {
        return end(session, true);
    }

    /** Cancels what they do; completes when none of them does anything any more. */
    Mono<Void> silence() {
        return all().collectList()
                .flatMapMany(sessions -> Flux.fromIterable(sessions)
                        .concatMap(it -> end(it, it.isIdle()))
                        .thenMany(Flux.fromIterable(sessions)))
                .count()
                .filter(count -> count > 0)
                .repeatWhen(seen -> seen.index()
                        // a long is counted for each look; a look that found none ends it
                        .takeWhile(it -> it.getT2() > 0)
                        .concatMap(it -> (it.getT1() >= REQUESTS ? endAll() : Mono.<Void>empty())
                                .then(Mono.delay(BETWEEN_LOOKS, scheduler))))
                .then();
    }

    private Mono<Void> endAll() {
        return all().concatMap(this::terminate).then();
    }

    private Mono<Void> end(Session session, boolean terminate) {
        return connections
                .lendOne(connection -> Statements.queryOne(
                        connection, END, row -> 1, session.backend().pid(), prefix, terminate))
                .then();
    }
}
