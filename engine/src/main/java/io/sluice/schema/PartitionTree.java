package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** The partitions below a table, and beside each the index that is attached to that of the table above it. */
final class PartitionTree {

    private static final String OF = """
            with recursive tree (rel, index, parent_index, level) as (
                select $1::bigint::oid, $2::bigint::oid, null::oid, 0
                union all
                select h.inhrelid,
                       (select i.indexrelid from pg_index i join pg_inherits a on a.inhrelid = i.indexrelid
                         where i.indrelid = h.inhrelid and a.inhparent = t.index),
                       t.index, t.level + 1
                  from tree t join pg_inherits h on h.inhparent = t.rel
                 where not h.inhdetachpending
            )
            select c.oid::bigint as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
                   t.index::bigint as index, (select ic.relname::text from pg_class ic where ic.oid = t.index) as index_name,
                   case when t.parent_index is not null
                        then (select format('%I.%I', pn.nspname, pc.relname) from pg_class pc join pg_namespace pn on pn.oid = pc.relnamespace
                               where pc.oid = t.parent_index) end as parent_index
              from tree t
              join pg_class c on c.oid = t.rel
              join pg_namespace n on n.oid = c.relnamespace
             where t.level > 0
             order by t.level, c.relname
            """;

    /**
     * One partition.
     *
     * @param index oid of its index that is attached to the one above; null: none is
     * @param indexName the name of that; null likewise
     * @param parentIndex the index above, as it stands in a statement; null: there is none yet
     */
    record Branch(
            Relation table,
            @Nullable Long index,
            @Nullable String indexName,
            @Nullable String parentIndex) {

        boolean isLeaf() {
            return !table.isPartitioned();
        }

        boolean isForeign() {
            return table.kind().equals("f");
        }
    }

    /** Emits all partitions on all levels, those above before those below. */
    Flux<Branch> of(Connection connection, long table, @Nullable Long index) {
        return Statements.query(
                connection,
                OF,
                row -> new Branch(
                        new Relation(
                                requireNonNull(row.get("oid", Long.class)),
                                requireNonNull(row.get("schema", String.class)),
                                requireNonNull(row.get("name", String.class)),
                                requireNonNull(row.get("kind", String.class))),
                        row.get("index", Long.class),
                        row.get("index_name", String.class),
                        row.get("parent_index", String.class)),
                String.valueOf(table),
                index == null ? null : String.valueOf(index));
    }
}
