package io.sluice.ledger;

import io.r2dbc.spi.Readable;
import io.sluice.run.Run;
import io.sluice.run.RunFilter;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What people look for among the runs of one shard. It only reads, and gives the connection back before it emits. */
public final class RunListing {

    /** $1 the id behind, or null, $2 statuses, empty for any, $3 kind, or null, $4 name, or null, $5 at most so many. */
    private static final String PAGE = """
            select r.* from ${ledger}.run r
             where ($1::bigint is null or r.id < $1::bigint)
               and (cardinality($2::text[]) = 0 or r.status = any ($2::text[]))
               and ($3::text is null or r.kind = $3::text) and ($4::text is null or r.name = $4::text)
             order by r.id desc limit $5
            """;

    /** The newest generation of each (kind, name, target, arguments). $1 at most so many. */
    private static final String NEWEST = """
            select n.* from (
                select distinct on (r.kind, r.name, r.target, r.arguments_hash) r.* from ${ledger}.run r
                 order by r.kind, r.name, r.target, r.arguments_hash, r.generation desc) n
             order by n.id desc limit $1
            """;

    private static final String COUNTS = "select r.status, count(*) as runs from ${ledger}.run r group by r.status";

    /** Runs whose holder was not heard of for longer than its lease, and whom nobody has taken over. */
    private static final String LAPSED = """
            select count(*) as runs from ${ledger}.run r
             where r.lease_owner is not null and r.lease_expires_at < clock_timestamp()
            """;

    private final Connections connections;
    private final LedgerName name;

    RunListing(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /**
     * Emits one page of runs, newest first; the shards of the filter are not looked at.
     *
     * @param before only those with a smaller number; null: from the newest on
     */
    public Mono<List<Run>> page(RunFilter filter, @Nullable Long before, int limit) {
        RunKind kind = filter.kind();
        return connections.lendOne(connection -> Statements.query(
                        connection,
                        name.in(PAGE),
                        this::run,
                        before,
                        filter.statuses().stream().map(RunStatus::name).toArray(String[]::new),
                        kind == null ? null : kind.name(),
                        filter.name(),
                        limit)
                .collectList());
    }

    /** Emits the newest run of each migration and arguments, what was enqueued last first, at most so many. */
    public Mono<List<Run>> newest(int limit) {
        return connections.lendOne(connection ->
                Statements.query(connection, name.in(NEWEST), this::run, limit).collectList());
    }

    /** Emits how many runs stand where; only statuses that occur. */
    public Mono<Map<RunStatus, Long>> counts() {
        return connections.lendOne(connection -> Statements.query(
                        connection,
                        name.in(COUNTS),
                        row -> Map.entry(RunRows.status(row, "status"), RunRows.number(row, "runs")))
                .collect(
                        () -> new EnumMap<RunStatus, Long>(RunStatus.class),
                        (counts, it) -> counts.put(it.getKey(), it.getValue())));
    }

    /** Emits how many runs are held by somebody who was not heard of for longer than the lease. */
    public Mono<Long> lapsed() {
        return connections.lendOne(
                connection -> Statements.queryOne(connection, name.in(LAPSED), row -> RunRows.number(row, "runs")));
    }

    private Run run(Readable row) {
        return RunRows.run(connections.shard(), row);
    }
}
