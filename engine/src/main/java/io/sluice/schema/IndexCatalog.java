package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.ledger.FailureReport;
import io.sluice.sql.Identifier;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Indexes as the catalog has them. Whether one is like a definition is not told by comparing texts: the definition is built on
 * an empty copy of the table, and the server's own records of the two are compared, part by part.
 */
final class IndexCatalog {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    /** Everything that tells one index from another, but for its name, its table and how its storage is laid out. */
    private static final String FINGERPRINT = """
            jsonb_build_array(am.amname, i.indisunique, i.indimmediate, i.indisexclusion,
                (select jsonb_agg(a.attoptions order by a.attnum) from pg_attribute a where a.attrelid = i.indexrelid), coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false), i.indnkeyatts,
                (select jsonb_agg(pg_get_indexdef(i.indexrelid, k, false) order by k) from generate_series(1, i.indnatts) k),
                i.indclass::text, i.indcollation::text, i.indoption::text, pg_get_expr(i.indpred, i.indrelid))::text
            """;

    private static final String FROM = """
              from pg_index i
              join pg_class c on c.oid = i.indexrelid
              join pg_am am on am.oid = c.relam
              join pg_namespace n on n.oid = c.relnamespace
            """;

    /**
     * What another role builds shows no index to us, but its lock on the table does: so an invalid index is nobody's only where
     * nobody else holds such a lock. VACUUM and ANALYZE hold it too, and alone, so nobody builds then: a drop waits for them, and
     * autovacuum gives way to who waits.
     */
    static final String BUILDER = """
            coalesce((select p.pid from pg_stat_progress_create_index p where p.index_relid = c.oid limit 1),
                     case when not (i.indisvalid and i.indisready and i.indislive) then (
                         select l.pid from pg_locks l
                          where l.locktype = 'relation' and l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock'
                            and l.granted and l.pid <> pg_backend_pid()
                            and l.pid not in (select v.pid from pg_stat_progress_vacuum v union all select z.pid from pg_stat_progress_analyze z)
                            and l.database = (select d.oid from pg_database d where d.datname = current_database())
                          limit 1) end)
            """;

    private static final String BY_NAME =
            "select c.oid::bigint as oid, c.relname::text as name, i.indrelid::bigint as table_oid,"
                    + " i.indisvalid and i.indisready and i.indislive as valid, c.relkind = 'I' as partitioned, "
                    + FINGERPRINT
                    + " as fingerprint, " + BUILDER + " as builder"
                    + FROM + "where n.nspname = $1 and c.relname = $2";

    private static final String LIKE = "select c.relname::text as name" + FROM
            + "where i.indrelid = $1 and i.indisvalid and c.relname <> $2 and " + FINGERPRINT + " = $3 order by 1";

    private static final String UNATTACHED = "select c.relname::text as name" + FROM
            + "where i.indrelid = $1 and i.indisvalid and i.indisready and " + FINGERPRINT + " = $2"
            + " and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid) order by 1 limit 1";

    private static final String SCRATCH = "sluice_scratch";

    private static final String OF_SCRATCH =
            "select " + FINGERPRINT + " as fingerprint" + FROM + "where i.indrelid = to_regclass($1)";

    /**
     * An index that is there.
     *
     * @param valid true when it can be used and is kept up to date
     * @param builder process that builds it just now; null when nobody does
     */
    record Found(
            long oid,
            String name,
            long table,
            boolean valid,
            boolean partitioned,
            String fingerprint,
            @Nullable Integer builder) {

        /** Itself; throws {@link NotNowException} while somebody is at it: what he builds must not be dropped under him. */
        Found requireFree() {
            if (builder != null) {
                throw new NotNowException("pid " + builder + " is at index " + name, LOOK_AGAIN);
            }
            return this;
        }
    }

    /** Emits the index of that name in a schema; empty when there is none. */
    Mono<Found> find(Connection connection, String schema, String name) {
        return Statements.queryOne(connection, BY_NAME, IndexCatalog::found, schema, name);
    }

    /** Emits a note for each valid index of the table that is like that one and has another name. */
    Flux<String> twins(Connection connection, Relation table, IndexDefinition index) {
        return fingerprint(connection, table, index)
                .flatMapMany(wanted -> Statements.query(
                        connection,
                        LIKE,
                        row -> requireNonNull(row.get("name", String.class)),
                        table.oid(),
                        index.name(),
                        wanted))
                .map(other -> "index " + other + " of " + table + " is equal to " + index.name()
                        + " in all but its name; one of them is enough");
    }

    /** Emits the name of a valid index of a partition that is like that and attached to none; empty when there is none. */
    Mono<String> unattached(Connection connection, Relation partition, String fingerprint) {
        return Statements.queryOne(
                connection,
                UNATTACHED,
                row -> requireNonNull(row.get("name", String.class)),
                partition.oid(),
                fingerprint);
    }

    /**
     * Emits what such an index would be recorded as, for comparison; this is also the check whether it can be built at all. Must
     * be called in a transaction, in which nothing is left of it.
     *
     * @return errors with {@link SchemaDefinitionException} when the server refuses the definition
     */
    Mono<String> fingerprint(Connection connection, Relation table, IndexDefinition index) {
        // the copy is empty and nobody else sees it; it takes the weakest lock on the table, and has its name, which
        // stands in
        // expressions like users.email
        String copy = "pg_temp." + Identifier.quote(table.name());
        return Statements.script(
                        connection,
                        "savepoint " + SCRATCH + "; create temporary table " + Identifier.quote(table.name())
                                + " (like " + table.quoted() + ") on commit drop")
                .then(Mono.defer(() ->
                        Statements.script(connection, index.withName(SCRATCH).sql("", copy))))
                .then(Mono.defer(() -> Statements.queryOne(
                        connection, OF_SCRATCH, row -> requireNonNull(row.get("fingerprint", String.class)), copy)))
                .onErrorResume(error -> away(connection)
                        .onErrorComplete()
                        .then(Mono.error(
                                SqlFault.of(error) == SqlFault.PERMANENT ? refused(table, index, error) : error)))
                .delayUntil(found -> away(connection));
    }

    private static Mono<Void> away(Connection connection) {
        return Statements.script(connection, "rollback to savepoint " + SCRATCH);
    }

    private static SchemaDefinitionException refused(Relation table, IndexDefinition index, Throwable error) {
        String state = SqlFault.sqlState(error);
        boolean denied = "42501".equals(state);
        boolean unknown = "42601".equals(state) && index.nullsNotDistinct();
        return new SchemaDefinitionException(
                // a condition may hold values
                "index " + index.name() + " cannot be built on " + table + ": "
                        + new FailureReport(false).of(error).message()
                        + (denied
                                ? "; the user needs TEMPORARY on the database, to try definitions on an empty copy"
                                : unknown ? "; NULLS NOT DISTINCT needs PostgreSQL 15" : ""),
                error);
    }

    private static Found found(Readable row) {
        return new Found(
                requireNonNull(row.get("oid", Long.class)),
                requireNonNull(row.get("name", String.class)),
                requireNonNull(row.get("table_oid", Long.class)),
                requireNonNull(row.get("valid", Boolean.class)),
                requireNonNull(row.get("partitioned", Boolean.class)),
                requireNonNull(row.get("fingerprint", String.class)),
                row.get("builder", Integer.class));
    }
}
