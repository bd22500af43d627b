package io.sluice.examples;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.testkit.Database;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How do I enqueue a migration together with a change of mine, so that there are both or none? */
public final class EnqueueInMyTransaction {

    private static final DataMigration FILL_NICKNAMES = DataMigration.of(
            "customers-fill-nicknames",
            Work.sql(
                    Source.table("customers"),
                    "update customers set nickname = split_part(email, '@', 1) where {batch}"));

    private EnqueueInMyTransaction() {}

    /** Adds the column and enqueues what fills it. Cancelling or failing anywhere in it rolls back both. */
    private static Mono<Enqueued> addColumn(Sluice sluice, Database database) {
        return Mono.usingWhen(
                database.connectionFactory().create(),
                connection -> Mono.from(connection.beginTransaction())
                        .then(execute(connection, "alter table customers add column nickname text"))
                        .then(sluice.enqueue(Enqueue.of("customers-fill-nicknames")
                                        .shards("shop")
                                        .joining(connection))
                                .single())
                        .flatMap(enqueued ->
                                Mono.from(connection.commitTransaction()).thenReturn(enqueued)),
                Connection::close);
    }

    private static Mono<Void> execute(Connection connection, String sql) {
        return Flux.from(connection.createStatement(sql).execute())
                .concatMap(Result::getRowsUpdated)
                .then();
    }

    /** Runs it on a database of its own. */
    public static void main(String[] args) {
        try (Database database = Shop.withCustomers(10_000)) {
            Sluice sluice = Sluice.builder()
                    .shard("shop", database.connectionFactory())
                    .migrations(FILL_NICKNAMES)
                    .build();
            sluice.install()
                    .then(sluice.start())
                    .then(addColumn(sluice, database))
                    .flatMapMany(enqueued -> sluice.progress(enqueued.run().id()))
                    .blockLast();
            Shop.tell(database, "nickname = 'Customer' || id");
            sluice.close().block();
        }
    }
}
