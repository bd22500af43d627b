package io.sluice.schema;

import io.sluice.ledger.Ledger;
import io.sluice.lock.Blockers;
import io.sluice.sql.Connections;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * What the schema runs of one shard share.
 *
 * @param direct connections that lead straight to the server; null where there are none
 * @param watch how often a statement is looked at
 */
public record SchemaRunContext(
        Ledger ledger,
        @Nullable Connections direct,
        SchemaSettings settings,
        Throttle throttle,
        Duration watch,
        Scheduler scheduler,
        RandomGenerator random) {

    Blockers blockers() {
        return new Blockers(ledger.connections(), settings.showQueries());
    }

    Eyes eyes() {
        return new Eyes(ledger.connections(), direct);
    }
}
