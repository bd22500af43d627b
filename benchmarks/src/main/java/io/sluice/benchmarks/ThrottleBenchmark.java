package io.sluice.benchmarks;

import io.sluice.run.RunId;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Mono;

/**
 * Question: what does asking the throttle add to a sub-batch? Signals answer from what they measured last, so what counts is how
 * their answers are put together. Baseline: the one that always permits.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ThrottleBenchmark {

    private static final RunAtWork RUN = new RunAtWork(new RunId("primary", 1), null);

    @Param({"2", "10"})
    public int signals;

    private Throttle all = Throttle.none();

    @Setup
    public void combine() {
        Throttle[] each = new Throttle[signals];
        for (int i = 0; i < signals; i++) {
            Throttle.Decision decision = i == 1 ? new Throttle.Slow(0.5, "lag") : new Throttle.Permit();
            each[i] = run -> Mono.just(decision);
        }
        all = Throttle.allOf(each);
    }

    @Benchmark
    public Throttle.@Nullable Decision baseline() {
        return Throttle.none().ask(RUN).block();
    }

    @Benchmark
    public Throttle.@Nullable Decision allOf() {
        return all.ask(RUN).block();
    }
}
