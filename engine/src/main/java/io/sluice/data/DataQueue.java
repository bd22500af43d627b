package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.DataRun;
import io.sluice.ledger.Ledger;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Takes data migrations into the ledger of one shard, once they have been held against its database. */
public final class DataQueue {

    private final Ledger ledger;

    public DataQueue(Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * What is to be enqueued.
     *
     * @param settings null: those of the declaration
     * @param maxAttempts attempts of the run as a whole
     */
    public record Order(
            DataMigration migration,
            Arguments arguments,
            @Nullable BatchSettings settings,
            KeyBounds bounds,
            boolean delayed,
            boolean again,
            int maxAttempts) {}

    /** The run that is in the ledger now, and whether it was made just now. */
    public record Taken(Run run, boolean created, boolean otherSettings) {}

    /**
     * Enqueues in a short transaction of its own.
     *
     * @return errors with {@link DefinitionException} when the migration does not fit the database, nothing done
     */
    public Mono<Taken> take(Order order) {
        return ledger.connections()
                .transaction(connection -> LockLimit.set(connection)
                        .then(Mono.defer(() -> take(connection, order)))
                        .flatMap(taken -> taken.created()
                                ? ledger.runs()
                                        .announce(connection, taken.run().id().number())
                                        .thenReturn(taken)
                                : Mono.just(taken)));
    }

    /** Enqueues as part of the caller's transaction: the run exists when and if that commits. */
    public Mono<Taken> take(Connection connection, Order order) {
        BatchSettings settings = order.settings == null ? order.migration.settings() : order.settings;
        WorkCheck check = new WorkCheck(ledger.name());
        return Mono.defer(() -> check.stated(connection, order.migration.work(order.arguments))
                        .flatMap(work -> check.check(connection, work, order.bounds))
                        .then())
                .then(Mono.defer(() -> ledger.runs()
                        .enqueue(
                                connection,
                                RunKind.DATA,
                                order.migration.name(),
                                order.arguments,
                                order.delayed ? RunStatus.DELAYED : RunStatus.ENQUEUED,
                                order.maxAttempts,
                                order.again)))
                .flatMap(enqueued -> (enqueued.created()
                                ? ledger.dataRuns()
                                        .insert(connection, enqueued.run(), settings, order.bounds)
                                        .thenReturn(false)
                                : ledger.dataRuns()
                                        .find(connection, enqueued.run(), settings)
                                        .map(it -> differs(it, settings, order)))
                        .flatMap(differs -> ledger.runs()
                                .find(connection, enqueued.run())
                                .map(run -> new Taken(run, enqueued.created(), differs))));
    }

    /** Settings can be changed later, so another wish is only told of; another range of keys would be silently left undone. */
    private static boolean differs(DataRun there, BatchSettings settings, Order order) {
        if (!there.bounds().equals(order.bounds)) {
            throw new DefinitionException("migration '" + order.migration.name() + "' with " + order.arguments
                    + " is there already for other keys (" + there.bounds() + " instead of " + order.bounds
                    + "); enqueue it again() when that run is over, or tell the two apart by their arguments");
        }
        return !there.settings().equals(settings);
    }
}
