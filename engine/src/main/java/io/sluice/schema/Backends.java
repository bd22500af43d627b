package io.sluice.schema;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.Readable;
import io.sluice.run.RunId;
import io.sluice.sql.Statements;
import java.time.Duration;
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
            select a.pid, a.backend_start is null as hidden, a.application_name, a.state,
                   coalesce(a.state = 'active' and a.query ilike 'drop index concurrently%', false) as drops
              from pg_stat_activity a
             where a.datname = current_database() and starts_with(a.application_name, $1) and a.pid <> pg_backend_pid()
            """;

    /** The name is compared once more: a process number may be that of somebody else by now. */
    private static final String END = """
            select case when $3::boolean then pg_terminate_backend(a.pid) else pg_cancel_backend(a.pid) end as done
              from pg_stat_activity a where a.pid = $1 and starts_with(a.application_name, $2)
            """;

    private final Eyes eyes;
    private final String prefix;
    private final Scheduler scheduler;

    /** @param ledger name of the schema of the ledger: two ledgers in one database have runs of the same numbers */
    Backends(Eyes eyes, String ledger, RunId run, Scheduler scheduler) {
        this.eyes = eyes;
        this.prefix = String.format("sluice schema %08x run %d.", ledger.hashCode(), run.number());
        this.scheduler = scheduler;
    }

    /**
     * One session.
     *
     * @param token of the lease under which it was begun
     * @param drops true while it drops an index, as far as the server shows that
     */
    record Session(int pid, boolean isHidden, long token, String state, boolean drops) implements Eyes.Seen {

        /** True where it waits for its client, which may be frozen and may go on. */
        boolean isIdle() {
            return state.startsWith("idle");
        }
    }

    /** The name of the sessions of a lease. */
    String name(long token) {
        return prefix + token;
    }

    /** With what the names of all sessions of the run begin. */
    String names() {
        return prefix;
    }

    private Flux<Session> all() {
        return eyes.look(connection -> Statements.query(connection, FIND, this::session, prefix));
    }

    private Session session(Readable row) {
        return new Session(
                requireNonNull(row.get("pid", Integer.class)),
                Boolean.TRUE.equals(row.get("hidden", Boolean.class)),
                token(requireNonNull(row.get("application_name", String.class))),
                requireNonNullElse(row.get("state", String.class), ""),
                Boolean.TRUE.equals(row.get("drops", Boolean.class)));
    }

    private long token(String name) {
        return Long.parseLong(name, prefix.length(), name.length(), 10);
    }

    /** Ends a session. */
    Mono<Void> terminate(Session session) {
        return end(session, true);
    }

    /**
     * Cancels what the sessions of a lease and of those before it do; completes when none of them does anything any more. Those of
     * a later lease are somebody else's.
     */
    Mono<Void> silence(long token) {
        return upTo(token)
                .collectList()
                .flatMapMany(sessions -> Flux.fromIterable(sessions)
                        .concatMap(it -> end(it, it.isIdle()))
                        .thenMany(Flux.fromIterable(sessions)))
                .count()
                .filter(count -> count > 0)
                .repeatWhen(seen -> seen.index()
                        // a long is counted for each look; a look that found none ends it
                        .takeWhile(it -> it.getT2() > 0)
                        .concatMap(it -> (it.getT1() >= REQUESTS ? endAll(token) : Mono.<Void>empty())
                                .then(Mono.delay(BETWEEN_LOOKS, scheduler))))
                .then();
    }

    /** Emits the sessions of a lease and of those before it. */
    Flux<Session> upTo(long token) {
        return all().filter(it -> it.token() <= token);
    }

    private Mono<Void> endAll(long token) {
        return upTo(token).concatMap(this::terminate).then();
    }

    private Mono<Void> end(Session session, boolean terminate) {
        return eyes.act(connection -> Statements.queryOne(connection, END, row -> 1, session.pid(), prefix, terminate));
    }
}
