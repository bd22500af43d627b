package io.sluice.shard;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** So many permits a second, given to shards in turn and spread over the second. All who wait share one timer. */
final class Rate {

    /** A timer that comes late is made up for to this extent, so no second has more than a twentieth above the rate. */
    private static final long CATCH_UP = Duration.ofMillis(50).toNanos();

    private final long interval;
    private final Scheduler scheduler;
    private final OneByOne changes = new OneByOne();
    private final RoundRobin<Sinks.Empty<Void>> waiting = new RoundRobin<>();
    private long due = Long.MIN_VALUE;
    private boolean armed;

    Rate(int perSecond, Scheduler scheduler) {
        this.interval = Duration.ofSeconds(1).toNanos() / perSecond;
        this.scheduler = scheduler;
    }

    /** Completes when the shard has its permit. Who cancels leaves its turn to the next. */
    Mono<Void> permit(String shard) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> permit = Sinks.empty();
            return permit.asMono()
                    .doOnSubscribe(it -> changes.make(() -> {
                        waiting.add(shard, permit);
                        give(0);
                    }))
                    .doOnCancel(() -> changes.make(() -> waiting.remove(shard, permit)));
        });
    }

    private void give(long catchUp) {
        while (!waiting.isEmpty() && !armed) {
            long now = TimeUnit.MICROSECONDS.toNanos(scheduler.now(TimeUnit.MICROSECONDS));
            if (due > now) {
                armed = true;
                scheduler.schedule(this::timeHasCome, due - now, TimeUnit.NANOSECONDS);
            } else {
                due = Math.max(due, now - catchUp) + interval;
                Sinks.Empty<Void> next = waiting.next();
                if (next != null) {
                    next.tryEmitEmpty();
                }
            }
        }
    }

    private void timeHasCome() {
        changes.make(() -> {
            armed = false;
            give(CATCH_UP);
        });
    }
}
