package io.sluice.webflux;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Who cancels a timer takes it out of the executor's queue, under the lock of that queue, for microseconds. Reactor's own
 * integration allows that for timers that go off once and forgets those of an interval. Refused in the middle of waiting for
 * that lock, a thread leaves it lost for ever: the timers of one scheduler thread stand still, and tests hang long after.
 */
public final class ReactorMayStopTimers implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("reactor.core.scheduler.PeriodicWorkerTask", "dispose")
                .allowBlockingCallsInside("reactor.core.scheduler.PeriodicSchedulerTask", "dispose")
                .allowBlockingCallsInside("reactor.core.scheduler.InstantPeriodicWorkerTask", "dispose");
    }
}
