package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.schema.IndexCatalog.Found;
import io.sluice.sql.Identifier;
import io.sluice.sql.Statements;
import reactor.core.publisher.Mono;

/** A unique index that becomes a unique constraint, whose name it takes. */
final class UniqueConstraintAttachment implements Change {

    private static final String FIND =
            "select k.contype::text as type from pg_constraint k where k.conrelid = $1 and k.conname = $2";

    private final IndexCatalog catalog = new IndexCatalog();
    private final Relation table;
    private final String constraint;
    private final String index;

    UniqueConstraintAttachment(Relation table, String constraint, String index) {
        this.table = table;
        this.constraint = constraint;
        this.index = index;
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return Statements.queryOne(
                        connection, FIND, row -> requireNonNull(row.get("type", String.class)), table.oid(), constraint)
                .map(this::judged)
                .switchIfEmpty(Mono.defer(() -> attach(connection)));
    }

    private Verdict judged(String type) {
        if (!type.equals("u")) {
            throw new SchemaDefinitionException("there is a constraint " + constraint + " on " + table
                    + " that is not unique; give it another name");
        }
        return new Verdict.Done();
    }

    private Mono<Verdict> attach(Connection connection) {
        return catalog.find(connection, table.schema(), index)
                .filter(found -> found.table() == table.oid())
                .switchIfEmpty(Mono.error(() -> new SchemaDefinitionException("there is no index " + index + " of "
                        + table + "; build it first, with addIndex and unique()")))
                .map(this::attached);
    }

    private Verdict attached(Found found) {
        if (!found.valid()) {
            throw new SchemaDefinitionException("index " + index + " is not valid; build it anew, with addIndex");
        }
        return new Verdict.Next(Step.locked(
                "attach constraint " + constraint,
                "alter table " + table.quoted() + " add constraint " + Identifier.quote(constraint)
                        + " unique using index " + Identifier.quote(index)));
    }
}
