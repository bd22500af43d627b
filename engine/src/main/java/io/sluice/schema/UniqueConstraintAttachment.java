package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.schema.IndexCatalog.Found;
import io.sluice.sql.Identifier;
import io.sluice.sql.Statements;
import reactor.core.publisher.Mono;

/** A unique index that becomes a unique constraint, whose name it takes. */
final class UniqueConstraintAttachment implements Change {

    /** Whether the constraint is that of another index than the one that is named and still there. */
    private static final String FIND = """
            select k.contype::text as type,
                   exists (select from pg_index i join pg_class c on c.oid = i.indexrelid
                            where i.indrelid = k.conrelid and c.relname = $3 and c.oid <> k.conindid) as of_another
              from pg_constraint k where k.conrelid = $1 and k.conname = $2
            """;

    /** Why no constraint can be made of it; null where one can. */
    private static final String UNFIT = """
            select case when not i.indisunique then 'is not unique'
                        when i.indpred is not null then 'has a condition'
                        when i.indexprs is not null then 'has expressions'
                        when 0 <> any (i.indoption) then 'is sorted in another order than ascending with nulls last' end as why
              from pg_index i where i.indexrelid = $1
            """;

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
        return Statements.queryOne(connection, FIND, this::judged, table.oid(), constraint, index)
                .switchIfEmpty(Mono.defer(() -> attach(connection)));
    }

    private Verdict judged(Readable row) {
        if (Boolean.TRUE.equals(row.get("of_another", Boolean.class))) {
            throw new SchemaDefinitionException("there is a constraint " + constraint + " on " + table
                    + " which is not that of index " + index + "; give it another name, or remove that index");
        }
        if (!requireNonNull(row.get("type", String.class)).equals("u")) {
            throw new SchemaDefinitionException("there is a constraint " + constraint + " on " + table
                    + " that is not unique; give it another name");
        }
        return new Verdict.Done();
    }

    private Mono<Verdict> attach(Connection connection) {
        if (table.isPartitioned()) {
            return Mono.error(
                    new SchemaDefinitionException(table + " is partitioned, and PostgreSQL makes no constraint of an"
                            + " index of such a table; its unique index keeps out duplicates as well"));
        }
        return catalog.find(connection, table.schema(), index)
                .filter(found -> found.table() == table.oid())
                .switchIfEmpty(Mono.error(() -> new SchemaDefinitionException("there is no index " + index + " of "
                        + table + "; build it first, with addIndex and unique()")))
                .delayUntil(found -> Statements.queryOne(connection, UNFIT, row -> requireFit(row), found.oid()))
                .map(this::attached);
    }

    private boolean requireFit(Readable row) {
        String why = row.get("why", String.class);
        if (why != null) {
            throw new SchemaDefinitionException("index " + index + " of " + table + " " + why
                    + ", so it cannot become a constraint; build one that can, with addIndex and unique()");
        }
        return true;
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
