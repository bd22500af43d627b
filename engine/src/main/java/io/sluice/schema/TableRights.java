package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What the roles of a shard must be allowed, as far as the catalog can tell: who would be refused at the end of a deploy is told
 * at its beginning. See <a href="https://www.postgresql.org/docs/current/ddl-priv.html">Privileges</a>.
 */
final class TableRights {

    private static final Set<Operation> CONCURRENT =
            Set.of(Operation.ADD_INDEX, Operation.REMOVE_INDEX, Operation.DETACH_PARTITION);

    private static final Set<Operation> IN_TRANSACTION =
            Set.of(Operation.VALIDATE_FOREIGN_KEY, Operation.VALIDATE_CONSTRAINT, Operation.ATTACH_UNIQUE_CONSTRAINT);

    private static final String FIND = """
            select current_user::text as role, pg_has_role(c.relowner, 'usage') as owns, n.nspname::text as schema,
                   has_schema_privilege(n.oid, 'create') as creates
              from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)
            """;

    private final Connections own;
    private final @Nullable Connections direct;

    /** @param direct what is done concurrently is done by their role; null where there are none */
    TableRights(Connections own, @Nullable Connections direct) {
        this.own = own;
        this.direct = direct;
    }

    /** Completes where nothing is known to lack; errors with {@link SchemaDefinitionException} where something does. */
    Mono<Void> required(SchemaMigration migration) {
        Operation operation = Operation.of(migration.operation()).orElse(Operation.STATEMENT);
        boolean concurrent = CONCURRENT.contains(operation);
        if (!concurrent && !IN_TRANSACTION.contains(operation)) {
            return Mono.empty();
        }
        return own.lendOne(connection ->
                        Relation.findIfAny(connection, migration.table().quoted()))
                .flatMap(table -> {
                    boolean creates = operation == Operation.ADD_INDEX;
                    // the index of the whole is made in a transaction, those of the partitions are not
                    Mono<Void> inTransaction =
                            concurrent && !table.isPartitioned() ? Mono.empty() : requiredOf(own, table, creates);
                    return concurrent && direct != null
                            ? inTransaction.then(requiredOf(direct, table, creates))
                            : inTransaction;
                });
    }

    private static Mono<Void> requiredOf(Connections connections, Relation table, boolean creates) {
        return connections
                .lendOne(connection -> found(connection, table))
                .flatMap(found -> found.owns && (found.creates || !creates)
                        ? Mono.empty()
                        : Mono.error(new SchemaDefinitionException("role " + found.role
                                + (found.owns
                                        ? " may create nothing in schema " + found.schema + ", where the index of "
                                                + table + " would lie; grant it create on that schema"
                                        : " does not own " + table
                                                + ", and only its owner may do this; grant it the role"
                                                + " of the owner, or give the shard connections of that one"))));
    }

    private static Mono<Found> found(Connection connection, Relation table) {
        return Statements.queryOne(
                connection,
                FIND,
                row -> new Found(
                        requireNonNull(row.get("role", String.class)),
                        requireNonNull(row.get("schema", String.class)),
                        Boolean.TRUE.equals(row.get("owns", Boolean.class)),
                        Boolean.TRUE.equals(row.get("creates", Boolean.class))),
                table.quoted());
    }

    private record Found(String role, String schema, boolean owns, boolean creates) {}
}
