package io.sluice.scenario;

import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.run.Run;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a story plays with: a database with a ledger, instances of Sluice in this process, workers in others. All go at its end. */
final class Story implements AfterEachCallback {

    private static final Logger LOG = LoggerFactory.getLogger(Story.class);

    static final Duration SOON = Duration.ofSeconds(30);

    /** For what another process does first: on a machine that is busy a JVM takes its time to start. */
    static final Duration ONCE_STARTED = Duration.ofMinutes(2);

    /** Short, as the time of a takeover begins with it. */
    static final Duration LEASE = Duration.ofSeconds(2);

    private final Database database;
    private final List<Sluice> instances = new ArrayList<>();
    private final List<ChildWorker> workers = new ArrayList<>();

    Story(Database database) {
        this.database = database;
    }

    Database database() {
        return database;
    }

    /** An instance with the migrations of {@link PlusOne}; its workers are not started. */
    Sluice instance(String name) {
        return kept(WorkerProcess.sluice(Shard.of("primary", database.connectionFactory()), name, LEASE));
    }

    /** An instance with one migration of the test's own; its workers are not started. */
    Sluice instance(String name, DataMigration migration) {
        return kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(migration)
                .instance(name)
                .build());
    }

    /** Keeps an instance that the test made, to close it at the end. */
    Sluice kept(Sluice instance) {
        instances.add(instance);
        return instance;
    }

    ChildWorker child(String name, String... jvmOptions) {
        ChildWorker worker = ChildWorker.start(database, name, LEASE, jvmOptions);
        workers.add(worker);
        return worker;
    }

    /** Makes the table with so many rows, and a run over it in sub-batches of so many. */
    Watched enqueued(Sluice instance, PlusOne form, long rows, int subBatchSize) {
        form.create(database, rows);
        instance.install().block(SOON);
        Run run = Objects.requireNonNull(
                        instance.enqueue(form.enqueue(subBatchSize)).blockLast(SOON))
                .run();
        return new Watched(database, run.id());
    }

    /** Lets a run come to its end soon, when there is nothing to see in it any more. */
    void hurry(Sluice instance, Watched run) {
        PlusOne.pace(database, Duration.ZERO);
        instance.changeSettings(run.id(), it -> it.withSubBatchSize(it.batchSize()))
                .block(SOON);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            workers.forEach(it -> LOG.info("a worker said: {}", String.join("\n", it.said())));
        }
        workers.forEach(ChildWorker::close);
        instances.forEach(it -> it.close().block(SOON));
    }
}
