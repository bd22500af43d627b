package io.sluice.event;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.sluice.run.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Meters and observations of Micrometer, for {@code SluiceBuilder.metrics}. Their names, units and tags stand on the page
 * {@code docs/reference/metrics.md}. Micrometer is an optional dependency: who uses this class adds {@code micrometer-core}.
 *
 * <pre>{@code
 * Sluice.builder().metrics(SluiceMetrics.of(meterRegistry).observing(observationRegistry))
 * }</pre>
 */
public final class SluiceMetrics implements RunObserver {

    private static final Logger LOG = LoggerFactory.getLogger(SluiceMetrics.class);

    /** Where Micrometer and Reactor look for the observation that is around a subscription. */
    private static final String CURRENT = "micrometer.observation";

    /** What a throttle without a name is called. */
    private static final String UNNAMED = "throttle";

    private final MeterRegistry meters;
    private final ObservationRegistry observations;
    private final Map<Tags, MetersOfMigration> known = new ConcurrentHashMap<>();
    private final Map<String, MultiGauge> runs = new ConcurrentHashMap<>();

    private SluiceMetrics(MeterRegistry meters, ObservationRegistry observations) {
        this.meters = meters;
        this.observations = observations;
    }

    /** Meters in a registry, no observations. */
    public static SluiceMetrics of(MeterRegistry registry) {
        return new SluiceMetrics(registry, ObservationRegistry.NOOP);
    }

    /** The same, and an observation around each sub-batch; its parent is the one that the subscriber brings in the context. */
    public SluiceMetrics observing(ObservationRegistry registry) {
        return new SluiceMetrics(meters, registry);
    }

    /** All of them are registered when a run is claimed for the first time, so that each begins with 0. */
    private static final class MetersOfMigration {

        private final MeterRegistry registry;
        private final Tags tags;
        private final Timer subBatch;
        private final Counter seen;
        private final Counter changed;
        private final Counter quarantined;
        private final Counter failed;
        private final Counter retried;
        private final Counter split;
        private final Counter waited;
        private final Counter claims;
        private final Counter renewals;
        private final Counter losses;

        MetersOfMigration(MeterRegistry registry, Tags tags) {
            this.registry = registry;
            this.tags = tags;
            subBatch = Timer.builder("sluice.sub.batch")
                    .description("Time of one committed sub-batch, from sending it to the answer")
                    .tags(tags)
                    .register(registry);
            seen = rows("seen", "Keys that committed sub-batches have passed");
            changed = rows("changed", "Rows that committed sub-batches have changed");
            quarantined = rows("quarantined", "Rows put into quarantine");
            failed = batches("failed", "Attempts of batches that failed");
            retried = batches("retried", "Attempts of batches after a failed one");
            split = batches("split", "Batches split to find what fails in them");
            throttledBy(UNNAMED);
            waited = counter("waited", "seconds", "Time in which runs waited for their turn in the budget");
            claims = counter("claims", null, "Runs claimed by this instance");
            renewals = counter("lease.renewals", null, "Leases renewed by this instance");
            losses = counter("lease.losses", null, "Leases that this instance lost");
        }

        /** By what kept them from it; only that of throttles without a name is there from the beginning. */
        private Counter throttledBy(String source) {
            return counter(
                    "throttled",
                    "seconds",
                    "Time in which a throttle kept runs from working",
                    tags.and("source", source));
        }

        private Counter rows(String what, String description) {
            return counter(what + ".rows", "rows", description);
        }

        private Counter batches(String what, String description) {
            return counter(what + ".batches", "batches", description);
        }

        private Counter counter(String name, @Nullable String unit, String description) {
            return counter(name, unit, description, tags);
        }

        private Counter counter(String name, @Nullable String unit, String description, Tags tags) {
            return Counter.builder("sluice." + name)
                    .description(description)
                    .baseUnit(unit)
                    .tags(tags)
                    .register(registry);
        }
    }

    private MetersOfMigration of(Run run) {
        return known.computeIfAbsent(tags(run), tags -> new MetersOfMigration(meters, tags));
    }

    private static Tags tags(Run run) {
        return Tags.of("shard", run.id().shard(), "migration", run.name());
    }

    @Override
    public void claimed(Run run) {
        of(run).claims.increment();
    }

    @Override
    public void leaseRenewed(Run run) {
        of(run).renewals.increment();
    }

    @Override
    public void leaseLost(Run run) {
        of(run).losses.increment();
    }

    @Override
    public void subBatchDone(Run run, long rowsSeen, long rowsChanged, Duration took) {
        MetersOfMigration of = of(run);
        of.subBatch.record(took);
        of.seen.increment((double) rowsSeen);
        of.changed.increment((double) rowsChanged);
    }

    @Override
    public Mono<Void> batchFailed(Run run, Throwable error) {
        return Mono.fromRunnable(() -> of(run).failed.increment());
    }

    @Override
    public void batchRetried(Run run) {
        of(run).retried.increment();
    }

    @Override
    public void batchSplit(Run run) {
        of(run).split.increment();
    }

    @Override
    public void rowQuarantined(Run run) {
        of(run).quarantined.increment();
    }

    @Override
    public void waited(Run run, Duration time) {
        of(run).waited.increment(time.toMillis() / 1000.0);
    }

    @Override
    public void throttled(Run run, String source, Duration lost) {
        of(run).throttledBy(source).increment(lost.toNanos() / 1e9);
    }

    @Override
    public boolean wantsStandings() {
        return true;
    }

    @Override
    public void standings(String shard, List<Standing> standings) {
        runs.computeIfAbsent(shard, this::gauge)
                .register(
                        standings.stream()
                                .map(it -> MultiGauge.Row.of(
                                        Tags.of(
                                                "migration",
                                                it.migration(),
                                                "status",
                                                it.status().name()),
                                        it.runs()))
                                .toList(),
                        true);
    }

    private MultiGauge gauge(String shard) {
        return MultiGauge.builder("sluice.runs")
                .description("Runs of a shard by status, whoever works on them, as they were counted some seconds ago")
                .baseUnit("runs")
                .tags("shard", shard)
                .register(meters);
    }

    @Override
    public <T> Mono<T> around(Run run, Mono<T> subBatch) {
        return observations.isNoop()
                ? subBatch
                : Mono.deferContextual(context -> begun(run, context.getOrDefault(CURRENT, null))
                        .map(observation -> subBatch.doOnError(observation::error)
                                .doFinally(signal -> observation.stop())
                                .contextWrite(inner -> inner.put(CURRENT, observation)))
                        .orElse(subBatch));
    }

    /** Empty where a handler of observations fails: what is observed must go on. */
    private Optional<Observation> begun(Run run, @Nullable Observation parent) {
        try {
            return Optional.of(Observation.createNotStarted("sluice.work", observations)
                    .contextualName("sub-batch of " + run.name())
                    .lowCardinalityKeyValue("shard", run.id().shard())
                    .lowCardinalityKeyValue("migration", run.name())
                    .highCardinalityKeyValue("run", run.id().toString())
                    .parentObservation(parent)
                    .start());
        } catch (RuntimeException e) {
            LOG.warn("run {}: its sub-batch could not be observed", run.id(), e);
            return Optional.empty();
        }
    }
}
