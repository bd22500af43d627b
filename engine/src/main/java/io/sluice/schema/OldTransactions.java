package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Transactions that would stall a concurrent build: those that wrote to the table or one of its partitions or hold a strong lock
 * on it, be they only prepared, and those with an old snapshot anywhere in the database, for which every such build waits at its
 * end (<a href="https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY">Building Indexes
 * Concurrently</a>). To look takes no lock: pg_partition_tree would lock each partition, and wait for those it looks for.
 */
final class OldTransactions {

    private static final String FIND = """
            with recursive tables (rel) as (
                select to_regclass($1)::oid
                union
                select h.inhrelid from tables t join pg_inherits h on h.inhparent = t.rel
            )
            select a.pid, a.usename::text as username, a.application_name, a.state, left(a.query, 1000) as query,
                   (1000 * extract(epoch from clock_timestamp() - a.xact_start))::bigint as age_ms, l.locks
              from pg_stat_activity a
              left join lateral (select string_agg(distinct k.mode, ', ') as locks from pg_locks k
                                  where k.pid = a.pid and k.locktype = 'relation' and k.granted and k.relation in (select t.rel from tables t)
                                    and k.database = (select d.oid from pg_database d where d.datname = current_database())
                                    and k.mode not in ('AccessShareLock', 'RowShareLock')) l on true
             where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
               and not starts_with(a.application_name, 'sluice schema ')
               and a.xact_start < clock_timestamp() - $2 * interval '1 millisecond'
               and (((a.backend_xmin is not null or l.locks is not null)
                     and a.xact_start < $3::timestamptz - $2 * interval '1 millisecond')
                    or (l.locks is not null and $3::timestamptz > clock_timestamp() - interval '1 hour'))
            union all
            select 0, p.owner::text, p.gid, 'prepared', '',
                   (1000 * extract(epoch from clock_timestamp() - p.prepared))::bigint, string_agg(distinct k.mode, ', ')
              from pg_prepared_xacts p
              join pg_locks x on x.locktype = 'transactionid' and x.transactionid = p.transaction and x.granted and x.pid is null
              join pg_locks k on k.virtualtransaction = x.virtualtransaction and k.pid is null
                             and k.relation in (select t.rel from tables t)
             where p.database = current_database() and p.prepared < clock_timestamp() - $2 * interval '1 millisecond'
               and (p.prepared < $3::timestamptz - $2 * interval '1 millisecond'
                    or $3::timestamptz > clock_timestamp() - interval '1 hour')
               and k.mode not in ('AccessShareLock', 'RowShareLock')
             group by p.gid, p.owner, p.prepared
             order by age_ms desc
            """;

    private final Blockers blockers;

    OldTransactions(Blockers blockers) {
        this.blockers = blockers;
    }

    /**
     * Emits those that are older, the oldest first.
     *
     * @param firstLook who has grown old since then only is in the way for an hour, and only with a lock on the table
     */
    Mono<List<Blocker>> find(Connection connection, String table, Duration age, Instant firstLook) {
        return Statements.query(connection, FIND, blockers::blocker, table, age.toMillis(), firstLook)
                .collectList();
    }
}
