package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Identifier;
import io.sluice.sql.Statements;
import reactor.core.publisher.Mono;

/** A constraint that was added NOT VALID and is now held against all rows, while the table is read and written. */
final class ConstraintValidation implements Change {

    private static final String FIND = """
            select k.contype::text as type, k.convalidated as valid from pg_constraint k where k.conrelid = $1 and k.conname = $2
            """;

    private final Relation table;
    private final String constraint;
    private final String types;

    /** @param types letters of {@code pg_constraint.contype} that it may have */
    ConstraintValidation(Relation table, String constraint, String types) {
        this.table = table;
        this.constraint = constraint;
        this.types = types;
    }

    private record Found(String type, boolean valid) {}

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return Statements.queryOne(
                        connection,
                        FIND,
                        row -> new Found(
                                requireNonNull(row.get("type", String.class)),
                                requireNonNull(row.get("valid", Boolean.class))),
                        table.oid(),
                        constraint)
                .switchIfEmpty(Mono.error(
                        () -> new SchemaDefinitionException("there is no constraint " + constraint + " on " + table)))
                .map(this::judged);
    }

    private Verdict judged(Found found) {
        if (!types.contains(found.type)) {
            throw new SchemaDefinitionException("constraint " + constraint + " on " + table + " is no "
                    + (types.equals("f") ? "foreign key" : "check or not-null constraint"));
        }
        return found.valid
                ? new Verdict.Done()
                : new Verdict.Next(Step.gentle(
                        "validate constraint " + constraint,
                        "alter table " + table.quoted() + " validate constraint " + Identifier.quote(constraint)));
    }
}
