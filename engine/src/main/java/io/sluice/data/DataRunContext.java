package io.sluice.data;

import io.sluice.event.RunObserver;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.Ledger;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.random.RandomGenerator;
import reactor.core.scheduler.Scheduler;

/**
 * What every data run of a shard shares.
 *
 * @param lease term of a lease; so long a foreground caller waits for what is in flight
 */
public record DataRunContext(
        Ledger ledger,
        DataSettings settings,
        FailureReport failures,
        Throttle throttle,
        RunObserver observer,
        Duration lease,
        Scheduler scheduler,
        RandomGenerator random) {}
