package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.SchemaRun;
import io.sluice.sql.Identifier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makes the change of a run from what its ledger says. */
final class Changes {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Changes() {}

    /** Emits it; errors with {@link SchemaDefinitionException} when it cannot be meant. */
    static Mono<Change> of(Connection connection, SchemaRun run) {
        String table = Identifier.quote(run.schema()) + "." + Identifier.quote(run.table());
        return Relation.findIfAny(connection, table)
                .<Change>map(relation -> of(relation, run))
                .switchIfEmpty(Mono.defer(() -> gone(run)));
    }

    private static Mono<Change> gone(SchemaRun run) {
        if (run.operation().equals(Operation.REMOVE_INDEX.word())) {
            // its indexes went with it
            Change nothing = (connection, applied) -> Mono.just(new Verdict.Done());
            return Mono.just(nothing);
        }
        return Mono.error(
                new SchemaDefinitionException("there is no table " + run.schema() + "." + run.table() + " any more"));
    }

    private static Change of(Relation table, SchemaRun run) {
        Operation operation = Operation.of(run.operation())
                .orElseThrow(() -> new SchemaDefinitionException("unknown operation " + run.operation()));
        JsonNode options = JSON.readTree(run.definition());
        return switch (operation) {
            case ADD_INDEX -> {
                IndexDefinition index = IndexJson.read(run.definition());
                yield table.isPartitioned() ? new PartitionedIndex(table, index) : new IndexAddition(table, index);
            }
            case REMOVE_INDEX -> new IndexRemoval(table, object(run));
            case REINDEX -> new Reindexing(table, run.object());
            case VALIDATE_FOREIGN_KEY -> new ConstraintValidation(table, object(run), "f");
            case VALIDATE_CONSTRAINT -> new ConstraintValidation(table, object(run), "cn");
            case ATTACH_UNIQUE_CONSTRAINT -> new UniqueConstraintAttachment(table, object(run), text(options, "index"));
            case DETACH_PARTITION -> new PartitionDetachment(table, object(run));
            case REFRESH_MATERIALIZED_VIEW -> PlainStatement.refresh(table);
            case VACUUM -> PlainStatement.vacuum(table);
            case ANALYZE -> PlainStatement.analyze(table);
            case STATEMENT ->
                PlainStatement.ofUser(
                        table,
                        object(run),
                        text(options, "sql"),
                        options.path("outsideTransaction").asBoolean(false));
        };
    }

    private static String object(SchemaRun run) {
        return given(run.object(), "what it is about");
    }

    private static String text(JsonNode options, String field) {
        JsonNode node = options.get(field);
        return given(node == null || node.isNull() ? null : node.asString(), field);
    }

    private static String given(@Nullable String value, String what) {
        if (value == null || value.isBlank()) {
            throw new SchemaDefinitionException("the definition does not say: " + what);
        }
        return value;
    }
}
