package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.sql.Statements;
import java.util.List;
import reactor.core.publisher.Mono;

/** Who has a table for himself, so that it cannot even be looked at; to find him takes no lock. */
final class TableHolders {

    private static final String FIND = """
            select a.pid, a.usename::text as username, a.application_name, a.state, left(a.query, 1000) as query,
                   (1000 * extract(epoch from clock_timestamp() - a.xact_start))::bigint as age_ms, k.mode as locks
              from pg_locks k join pg_stat_activity a on a.pid = k.pid
             where k.locktype = 'relation' and k.relation = to_regclass($1) and k.granted and k.mode = 'AccessExclusiveLock'
               and k.database = (select d.oid from pg_database d where d.datname = current_database())
            """;

    private final Blockers blockers;

    TableHolders(Blockers blockers) {
        this.blockers = blockers;
    }

    /** Emits them: none where they are gone by now. */
    Mono<List<Blocker>> find(Connection connection, String table) {
        return Statements.query(connection, FIND, blockers::blocker, table).collectList();
    }
}
