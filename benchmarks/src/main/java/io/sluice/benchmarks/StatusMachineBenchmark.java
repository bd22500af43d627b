package io.sluice.benchmarks;

import io.sluice.run.RunStatus;
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

/** Question: what does it cost to ask the transition table whether a status may become another? Baseline: comparing two of them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StatusMachineBenchmark {

    private RunStatus from = RunStatus.RUNNING;
    private RunStatus to = RunStatus.PAUSING;

    @Benchmark
    public boolean baseline() {
        return from == to;
    }

    @Benchmark
    public boolean mayBecome() {
        return from.next().contains(to);
    }
}
