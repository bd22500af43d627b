package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.schema.IndexCatalog.Found;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An index that shall go. Once it has begun to go, which leaves it invalid, the only clean end is that it is gone. */
final class IndexRemoval implements Change {

    private final IndexCatalog catalog = new IndexCatalog();
    private final Relation table;
    private final String name;

    IndexRemoval(Relation table, String name) {
        this.table = table;
        this.name = name;
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return catalog.find(connection, table.schema(), name).map(this::judged).defaultIfEmpty(new Verdict.Done());
    }

    private Verdict judged(Found found) {
        if (found.table() != table.oid()) {
            throw new SchemaDefinitionException("index " + name + " is not one of " + table + "; name its table");
        }
        return new Verdict.Next(drop(found));
    }

    /** The index of a partitioned table cannot go concurrently; it takes a moment, but a lock on all partitions. */
    private Step drop(Found found) {
        String what = "drop index " + name;
        return found.partitioned()
                ? Step.locked(what, "drop index " + table.quoted(name))
                : Step.concurrent(
                        what, "drop index concurrently " + table.quoted(name), table.isView() ? null : table.quoted());
    }

    @Override
    public Flux<Step> leftovers(Connection connection) {
        return catalog.find(connection, table.schema(), name)
                .filter(found -> found.table() == table.oid() && !found.valid() && !found.partitioned())
                .map(this::drop)
                .flux();
    }
}
