package io.sluice.data;

import io.sluice.ledger.FailureReport;
import io.sluice.ledger.Ledger;
import io.sluice.throttle.Throttle;
import java.util.random.RandomGenerator;
import reactor.core.scheduler.Scheduler;

/** What every data run of a shard shares. */
public record DataRunContext(
        Ledger ledger,
        DataSettings settings,
        FailureReport failures,
        Throttle throttle,
        Scheduler scheduler,
        RandomGenerator random) {}
