package io.sluice.docs;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.Progress;

/** The application of docs/getting-started.md. */
// tag::application[]
final class GettingStarted {

    // tag::migration[]
    static final DataMigration LOWER_EMAIL = DataMigration.of(
            "users-lower-email",
            Work.sql(Source.table("users"), "update users set email_lower = lower(email) where {batch}")
                    .remaining("email_lower is null and email is not null"));
    // end::migration[]

    public static void main(String[] args) {
        Sluice sluice = Sluice.builder()
                .shard("main", ConnectionFactories.get(args[0]))
                .migrations(LOWER_EMAIL)
                .build();
        try {
            sluice.install().then(sluice.start()).block();

            Enqueued enqueued =
                    sluice.enqueue(Enqueue.of("users-lower-email")).single().block();
            sluice.progress(enqueued.run().id()).doOnNext(GettingStarted::print).blockLast();

            sluice.ensureSucceeded("users-lower-email", Arguments.none()).block();
        } finally {
            sluice.close().block();
        }
    }

    private static void print(Progress progress) {
        System.out.printf(
                "%s %s: %d of %d rows (%s), %.0f rows/s%n",
                progress.run(),
                progress.status(),
                progress.rowsSeen(),
                progress.total().rows(),
                progress.total().kind(),
                progress.rowsPerSecond());
    }
}
// end::application[]
