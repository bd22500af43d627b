package io.sluice.schema;

import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.run.Run;
import io.sluice.shard.Shard;
import io.sluice.sql.Connections;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import reactor.core.scheduler.Schedulers;

/** What works on schema runs, over a ledger of its own in a fresh database; who claims one has its lease. */
final class SchemaRunOnTrial implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(30);
    static final Duration WATCH = Duration.ofMillis(50);

    final Database database = TestDatabase.createDatabase();
    final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
    final Connections direct = new Connections("primary", database.connectionFactory());
    final SchemaRunContext context = new SchemaRunContext(
            ledger, direct, SchemaSettings.DEFAULTS, Throttle.none(), WATCH, Schedulers.parallel(), new Random(1));

    private SchemaRunOnTrial() {}

    static SchemaRunOnTrial installed() {
        SchemaRunOnTrial trial = new SchemaRunOnTrial();
        trial.ledger.schema().install().block(SOON);
        return trial;
    }

    void enqueue(SchemaMigration migration) {
        new SchemaQueue(context)
                .take(new SchemaQueue.Order(migration, null, null, false, false, 5))
                .block(SOON);
    }

    /** Enqueues it, and takes it for a minute. */
    Lease claimed(SchemaMigration migration) {
        enqueue(migration);
        Run run = ledger.runs()
                .claimSchema("me", new SchemaRunWork(context).names(), 1, Duration.ofMinutes(1))
                .blockLast(SOON);
        return new Lease(run.id(), Objects.requireNonNull(run.lease()).token(), "me");
    }

    @Override
    public void close() {
        direct.close().block(SOON);
        ledger.close().block(SOON);
        database.close();
    }
}
