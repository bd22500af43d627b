package io.sluice.benchmarks;

import io.sluice.run.KeyBounds;
import java.util.List;
import java.util.UUID;
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

/** Question: what does it cost to write a composite key as the ledger keeps it? Baseline: toString of its two values. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KeyBoundsBenchmark {

    private Long number = 1_234_567_890_123L;
    private UUID uuid = UUID.fromString("6f2b1c1e-5a3d-4e0a-9a59-2f7f6d1f0c11");

    @Benchmark
    public List<String> baseline() {
        return List.of(number.toString(), uuid.toString());
    }

    @Benchmark
    public KeyBounds encoded() {
        return KeyBounds.NONE.from(number, uuid);
    }
}
