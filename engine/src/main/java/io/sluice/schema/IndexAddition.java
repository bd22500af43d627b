package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.schema.IndexCatalog.Found;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An index of one table. The catalog decides: IF NOT EXISTS would take an invalid index for one that is there. */
final class IndexAddition implements Change {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    private final IndexCatalog catalog = new IndexCatalog();
    private final Relation table;
    private final IndexDefinition index;

    IndexAddition(Relation table, IndexDefinition index) {
        this.table = table;
        this.index = index;
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return catalog.fingerprint(connection, table, index)
                .flatMap(wanted -> catalog.find(connection, table.schema(), index.name())
                        .map(found -> judged(found, wanted, applied))
                        .switchIfEmpty(
                                Mono.defer(() -> requireFree(connection).thenReturn(new Verdict.Next(build())))));
    }

    private Verdict judged(Found found, String wanted, boolean applied) {
        if (found.table() != table.oid()) {
            throw new SchemaDefinitionException("there is an index " + index.name() + " of another table in schema "
                    + table.schema() + "; give this one another name");
        }
        if (found.builder() != null) {
            return new Verdict.Later("index " + index.name() + " is being built by pid " + found.builder(), LOOK_AGAIN);
        }
        if (!found.valid()) {
            return new Verdict.Next(drop());
        }
        if (!found.fingerprint().equals(wanted)) {
            throw new SchemaDefinitionException("there is an index " + index.name() + " on " + table
                    + " with another definition; give this one another name, or remove that one first");
        }
        return index.analyze() && !applied
                ? new Verdict.Next(Step.gentle("analyze " + table, "analyze " + table.quoted())
                        .doneOnce())
                : new Verdict.Done();
    }

    private Mono<Void> requireFree(Connection connection) {
        return Relation.findIfAny(connection, table.quoted(index.name()))
                .flatMap(taken -> Mono.error(new SchemaDefinitionException("the name " + index.name()
                        + " is that of something else in schema " + table.schema() + "; give the index another name")));
    }

    private Step build() {
        return Step.concurrent(
                "build index " + index.name(),
                index.sql("concurrently", table.quoted()),
                table.isView() ? null : table.quoted());
    }

    private Step drop() {
        return Step.drop("drop the invalid index " + index.name(), table.quoted(index.name()));
    }

    @Override
    public Flux<Step> leftovers(Connection connection) {
        return catalog.find(connection, table.schema(), index.name())
                .filter(found -> found.table() == table.oid() && !found.valid())
                .map(Found::requireFree)
                .map(free -> drop().limited())
                .flux();
    }

    @Override
    public Flux<String> notes(Connection connection) {
        return catalog.twins(connection, table, index);
    }
}
