package io.sluice.event;

import io.sluice.run.Run;
import io.sluice.run.RunId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * What the sub-batches of this instance did, added up and told at most twice a second for each run: there may be thousands. Who
 * does not keep up misses some.
 */
public final class SubBatchSamples implements RunObserver {

    private static final long EVERY = 500;

    private final Scheduler scheduler;
    private final Map<RunId, AtomicReference<Sample>> open = new ConcurrentHashMap<>();
    private final Sinks.Many<Sample> told = Sinks.many().multicast().directBestEffort();

    public SubBatchSamples(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /**
     * Sub-batches of one run since the sample before.
     *
     * @param since when the sample before was told, by the scheduler in milliseconds
     */
    public record Sample(Run run, long since, int subBatches, long rowsSeen, long rowsChanged, Duration took) {

        private Sample plus(long seen, long changed, Duration time) {
            return new Sample(run, since, subBatches + 1, rowsSeen + seen, rowsChanged + changed, took.plus(time));
        }
    }

    /** Emits the samples of a shard from now on; never completes. */
    public Flux<Sample> ofShard(String shard) {
        return told.asFlux().filter(sample -> sample.run.id().shard().equals(shard));
    }

    @Override
    public void subBatchDone(Run run, long rowsSeen, long rowsChanged, Duration took) {
        long now = scheduler.now(TimeUnit.MILLISECONDS);
        AtomicReference<Sample> sums =
                open.computeIfAbsent(run.id(), id -> new AtomicReference<>(nothing(run, now - EVERY)));
        Sample sum = sums.updateAndGet(it -> it.plus(rowsSeen, rowsChanged, took));
        if (now - sum.since >= EVERY && sums.compareAndSet(sum, nothing(run, now))) {
            told.emitNext(sum, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(50)));
        }
    }

    /** What is left of a run that this instance lets go of is told. */
    @Override
    public void statusChanged(Run run) {
        AtomicReference<Sample> sums = open.remove(run.id());
        Sample sum = sums == null ? null : sums.get();
        if (sum != null && sum.subBatches > 0) {
            told.emitNext(sum, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(50)));
        }
    }

    @Override
    public void leaseLost(Run run) {
        open.remove(run.id());
    }

    private static Sample nothing(Run run, long since) {
        return new Sample(run, since, 0, 0, 0, Duration.ZERO);
    }
}
