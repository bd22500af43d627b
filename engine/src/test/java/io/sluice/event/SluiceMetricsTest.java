package io.sluice.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SluiceMetricsTest {

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final SluiceMetrics metrics = SluiceMetrics.of(meters);
    private final Run run = Runs.of("main", 1, "fill", RunStatus.RUNNING);

    @Test
    void theTimeThatRunsAreThrottledIsToldBySource() {
        metrics.throttled(run, "replication lag", Duration.ofSeconds(2));
        metrics.throttled(run, "replication lag", Duration.ofMillis(500));
        metrics.throttled(run, "throttle", Duration.ofSeconds(3));

        assertThat(throttledBy("replication lag")).isEqualTo(2.5);
        assertThat(throttledBy("throttle")).isEqualTo(3);
    }

    private double throttledBy(String source) {
        return meters.get("sluice.throttled")
                .tags("shard", "main", "migration", "fill", "source", source)
                .counter()
                .count();
    }
}
