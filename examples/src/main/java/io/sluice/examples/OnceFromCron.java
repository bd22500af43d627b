package io.sluice.examples;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.List;

/** How do I run migrations from cron, without a service that stays up? */
public final class OnceFromCron {

    static final DataMigration LOWER_EMAILS = DataMigration.of(
            "customers-lower-emails",
            Work.sql(Source.table("customers"), "update customers set email_lower = lower(email) where {batch}")
                    .remaining("email_lower is null"));

    private OnceFromCron() {}

    /** What cron calls: it does what is due and ends; what it cannot do within the time is handed back for the next time. */
    static List<Run> tick(Sluice sluice, Duration atMost) {
        List<Run> done = sluice.runOnce().take(atMost).collectList().block();
        return done == null ? List.of() : done;
    }

    /** Runs it on a database of its own. */
    public static void main(String[] args) {
        try (Database database = Shop.withCustomers(25_000)) {
            Sluice sluice = Sluice.builder()
                    .shard("shop", database.connectionFactory())
                    .migrations(LOWER_EMAILS)
                    .build();
            sluice.install()
                    .thenMany(sluice.enqueue(Enqueue.of("customers-lower-emails")))
                    .blockLast();

            tick(sluice, Duration.ofMinutes(50))
                    .forEach(run -> System.out.println(run.name() + " on " + run.id() + ": " + run.status()));

            System.out.println("due after that: " + tick(sluice, Duration.ofMinutes(50)));
            Shop.tell(database, "email_lower = lower(email)");
            sluice.close().block();
        }
    }
}
