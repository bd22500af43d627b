package io.sluice.examples;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.RunGroup;
import io.sluice.testkit.Database;
import org.jspecify.annotations.Nullable;

/**
 * How do I migrate a table that is spread over several databases, and know when it is done everywhere? This is the example of
 * the README.
 */
public final class TwoShards {

    private TwoShards() {}

    /** Runs it over two databases of its own. */
    public static void main(String[] args) {
        try (Database first = Shop.withCustomers(30_000);
                Database second = Shop.withCustomers(20_000)) {
            RunGroup group = migrate(first.url(), second.url());
            System.out.println(group == null ? "?" : group.status() + " " + group.counts());
            Shop.tell(first, "email_lower = lower(email)");
            Shop.tell(second, "email_lower = lower(email)");
        }
    }

    static @Nullable RunGroup migrate(String shop1, String shop2) {
        // tag::readme[]
        DataMigration lowerEmails = DataMigration.of(
                "customers-lower-emails",
                Work.sql(Source.table("customers"), "update customers set email_lower = lower(email) where {batch}")
                        .remaining("email_lower is null"));

        Sluice sluice = Sluice.builder()
                .shard("shop-1", ConnectionFactories.get(shop1))
                .shard("shop-2", ConnectionFactories.get(shop2))
                .migrations(lowerEmails)
                .build();

        RunGroup group = sluice.install() // the ledger: a schema of its own in each database
                .then(sluice.start()) // workers, here and in as many other instances as you like
                .thenMany(sluice.enqueue(Enqueue.of("customers-lower-emails")))
                .flatMap(enqueued -> sluice.progress(enqueued.run().id()))
                .doOnNext(it -> System.out.println(it.run() + " " + it.status() + " " + it.rowsSeen() + " rows"))
                .then(sluice.ensureSucceeded("customers-lower-emails", Arguments.none()))
                .block();
        // end::readme[]
        sluice.close().block();
        return group;
    }
}
