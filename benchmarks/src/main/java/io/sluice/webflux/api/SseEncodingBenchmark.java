package io.sluice.webflux.api;

import io.sluice.event.SluiceEvent;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.json.JsonMapper;

/** Question: what does the JSON of an event cost, which is made for each reader of a stream? Baseline: a map of two entries as JSON. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SseEncodingBenchmark {

    private final JsonMapper json = JsonMapper.builder().build();
    private final Map<String, String> two = Map.of("from", "RUNNING", "to", "SUCCEEDED");
    private final SluiceEvent event = new SluiceEvent.StatusChanged(
            new SluiceEvent.Origin(new RunId("primary", 1), 42, Instant.EPOCH, "fill-email-lower"),
            RunStatus.RUNNING,
            RunStatus.SUCCEEDED,
            null,
            null);

    @Benchmark
    public byte[] baseline() {
        return json.writeValueAsBytes(two);
    }

    @Benchmark
    public byte[] event() {
        return json.writeValueAsBytes(EventView.of(event));
    }
}
