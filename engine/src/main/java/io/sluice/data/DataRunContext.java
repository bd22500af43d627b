package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.event.RunObserver;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.run.Run;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;
import reactor.core.scheduler.Scheduler;

/**
 * What every data run of a shard shares.
 *
 * @param migrations by their names
 * @param lease term of a lease; so long a foreground caller waits for what is in flight
 */
public record DataRunContext(
        Ledger ledger,
        DataSettings settings,
        FailureReport failures,
        Throttle throttle,
        RunObserver observer,
        Map<String, DataMigration> migrations,
        Duration lease,
        Scheduler scheduler,
        RandomGenerator random) {

    SubBatchTransaction transaction(Connection connection, Lease holder, Lane lane) {
        return new SubBatchTransaction(connection, ledger.name(), holder, lane, settings, scheduler);
    }

    CallbackCalls callbacksOf(Run run) {
        DataMigration migration = migrations.get(run.name());
        return new CallbackCalls(migration == null ? Callbacks.none() : migration.callbacks(), this);
    }
}
