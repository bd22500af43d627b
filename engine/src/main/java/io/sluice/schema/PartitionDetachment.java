package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A partition that is detached while its table is in use. An interrupted one is pending and can only be finalized (<a
 * href="https://www.postgresql.org/docs/current/sql-altertable.html">ALTER TABLE</a>, DETACH PARTITION).
 */
final class PartitionDetachment implements Change {

    private static final String FIND = """
            select h.inhdetachpending as pending from pg_inherits h where h.inhparent = $1 and h.inhrelid = to_regclass($2)
            """;

    private final Relation table;
    private final String partition;

    /** @param partition named as in SQL */
    PartitionDetachment(Relation table, String partition) {
        this.table = table;
        this.partition = TableName.parse(partition).quoted();
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        if (!table.isPartitioned()) {
            return Mono.error(new SchemaDefinitionException(table + " is not partitioned"));
        }
        // one that was detached may have been dropped since
        Mono<Relation> there = applied
                ? Mono.empty()
                : Relation.findIfAny(connection, partition)
                        .switchIfEmpty(
                                Mono.error(() -> new SchemaDefinitionException("there is no partition " + partition)));
        return there.then(isPending(connection))
                .map(pending -> (Verdict) new Verdict.Next(pending ? finish() : detach()))
                .defaultIfEmpty(new Verdict.Done());
    }

    private Mono<Boolean> isPending(Connection connection) {
        return Statements.queryOne(
                connection, FIND, row -> requireNonNull(row.get("pending", Boolean.class)), table.oid(), partition);
    }

    private Step detach() {
        return Step.concurrent(
                "detach partition " + partition,
                "alter table " + table.quoted() + " detach partition " + partition + " concurrently",
                table.quoted());
    }

    /** It has the partition for itself before it waits for those who have an old snapshot. */
    private Step finish() {
        return Step.waiting(
                "finalize the detachment of " + partition,
                "alter table " + table.quoted() + " detach partition " + partition + " finalize");
    }

    @Override
    public Flux<Step> leftovers(Connection connection) {
        return isPending(connection)
                .filter(pending -> pending)
                .map(pending -> finish())
                .flux();
    }
}
