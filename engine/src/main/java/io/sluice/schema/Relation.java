package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Identifier;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import reactor.core.publisher.Mono;

/**
 * A table or view as the catalog has it.
 *
 * @param kind as in {@code pg_class.relkind}: r table, p partitioned table, m materialized view
 */
record Relation(long oid, String schema, String name, String kind) {

    private static final String FIND = """
            select c.oid::bigint as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind
              from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)
            """;

    /** Emits it; errors with {@link SchemaDefinitionException} when there is none, or it is nothing that has rows. */
    static Mono<Relation> find(Connection connection, TableName table) {
        return findIfAny(connection, table.quoted())
                .switchIfEmpty(Mono.error(() -> new SchemaDefinitionException("there is no table " + table
                        + "; write its schema if it is not on the search path of the connection")))
                .flatMap(it -> "rpm".contains(it.kind)
                        ? Mono.just(it)
                        : Mono.error(new SchemaDefinitionException(
                                table + " is no table, partitioned table or materialized view")));
    }

    /** Emits whatever has that name; empty when nothing has. */
    static Mono<Relation> findIfAny(Connection connection, String quoted) {
        return Statements.queryOne(
                connection,
                FIND,
                row -> new Relation(
                        requireNonNull(row.get("oid", Long.class)),
                        requireNonNull(row.get("schema", String.class)),
                        requireNonNull(row.get("name", String.class)),
                        requireNonNull(row.get("kind", String.class))),
                quoted);
    }

    boolean isPartitioned() {
        return kind.equals("p");
    }

    boolean isView() {
        return kind.equals("m");
    }

    /** Its name as it stands in a statement. */
    String quoted() {
        return quoted(name);
    }

    /** Another name of the same schema, as it stands in a statement. */
    String quoted(String other) {
        return Identifier.quote(schema) + "." + Identifier.quote(other);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
