package io.sluice.lock;

import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.Readable;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * Who stands in the way of a session, asked on another connection while it waits: <a
 * href="https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION">pg_blocking_pids</a>, which knows
 * of the queue too.
 */
public final class Blockers {

    /** A lock is named by ten columns, of which most are null; only rows that are equal in all of them are the same lock. */
    private static final String OF_PID = """
            select b.pid, a.usename::text as username, a.application_name, a.state,
                   (1000 * extract(epoch from clock_timestamp() - a.xact_start))::bigint as age_ms, left(a.query, 1000) as query,
                   (select string_agg(distinct h.mode, ', ') from pg_locks w join pg_locks h
                        on (h.locktype, h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid, h.classid, h.objid, h.objsubid)
                           is not distinct from
                           (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)
                     where w.pid = $1 and not w.granted and h.pid = b.pid) as locks
              from (select distinct unnest(pg_blocking_pids($1)) as pid) b
              left join pg_stat_activity a on a.pid = b.pid
             order by a.xact_start nulls last, b.pid
            """;

    private final Connections connections;
    private final boolean showQueries;

    /** @param showQueries whether texts of queries may be shown; they may hold values of rows */
    public Blockers(Connections connections, boolean showQueries) {
        this.connections = connections;
        this.showQueries = showQueries;
    }

    /** Emits those who stand in the way of a backend, the oldest first; an empty list when it waits for nobody. */
    public Mono<List<Blocker>> of(int pid) {
        return connections
                .lend(connection -> Statements.query(connection, OF_PID, this::blocker, pid))
                .collectList();
    }

    /** One line for people. */
    public static String summary(List<Blocker> blockers) {
        return blockers.stream().map(Blocker::summary).collect(Collectors.joining(", "));
    }

    /** Reads {@code pid, username, application_name, state, age_ms, locks, query}. */
    public Blocker blocker(Readable row) {
        return new Blocker(
                requireNonNullElse(row.get("pid", Integer.class), 0),
                text(row, "username"),
                text(row, "application_name"),
                text(row, "state"),
                Duration.ofMillis(requireNonNullElse(row.get("age_ms", Long.class), 0L)),
                text(row, "locks"),
                showQueries ? row.get("query", String.class) : null);
    }

    private static String text(Readable row, String column) {
        return requireNonNullElse(row.get(column, String.class), "");
    }
}
