package io.sluice.benchmarks.sidebyside;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.time.Duration;

/** So that the timer of sub-batches can be asked for its 95th percentile, of all that it has seen. */
final class PercentileOfSubBatches implements MeterFilter {

    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
        return id.getName().equals("sluice.sub.batch")
                ? DistributionStatisticConfig.builder()
                        .percentiles(0.95)
                        .expiry(Duration.ofHours(1))
                        .build()
                        .merge(config)
                : config;
    }
}
