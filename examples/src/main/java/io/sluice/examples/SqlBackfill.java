package io.sluice.examples;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.testkit.Database;

/** How do I fill or change a column with one statement? */
public final class SqlBackfill {

    private static final DataMigration ADD_POINTS = DataMigration.of(
            "customers-add-points",
            arguments -> Work.sql(
                            Source.table("customers").where("email like '%@Example.com'"),
                            "update customers set loyalty_points = loyalty_points + {points}::int where {batch}")
                    .bind("points", arguments.number(0)));

    private SqlBackfill() {}

    /** Runs it on a database of its own. */
    public static void main(String[] args) {
        try (Database database = Shop.withCustomers(25_000)) {
            Sluice sluice = Sluice.builder()
                    .shard("shop", database.connectionFactory())
                    .migrations(ADD_POINTS)
                    .build();
            // inline: at once, in the caller, for development and tests; it raises the errors of the run
            sluice.install()
                    .thenMany(sluice.enqueue(
                            Enqueue.of("customers-add-points").arguments(100).inline()))
                    .blockLast();
            Shop.tell(database, "loyalty_points = 100");
            sluice.close().block();
        }
    }
}
