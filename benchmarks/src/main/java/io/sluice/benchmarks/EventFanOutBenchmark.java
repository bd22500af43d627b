package io.sluice.benchmarks;

import io.sluice.event.SubBatchSamples;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Schedulers;

/**
 * Question: what does a sub-batch pay for those who watch? It is added to a sample, which is told twice a second. Baseline: nobody
 * watches. {@code told} is a sample told each time, which shows what each one of them costs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EventFanOutBenchmark {

    private static final Run RUN = new Run(
            new RunId("primary", 1),
            RunKind.DATA,
            "m",
            Arguments.none(),
            1,
            RunStatus.RUNNING,
            new Run.Attempts(0, 5, null),
            null,
            null,
            null,
            new Run.Times(Instant.EPOCH, null, null));

    @Param({"0", "1", "100", "10000"})
    public int subscribers;

    private final SubBatchSamples samples = new SubBatchSamples(Schedulers.parallel());
    private final Disposable.Composite watching = Disposables.composite();

    @Setup
    public void watch() {
        for (int i = 0; i < subscribers; i++) {
            watching.add(samples.ofShard("primary").subscribe());
        }
    }

    @TearDown
    public void leave() {
        watching.dispose();
    }

    @Benchmark
    public void subBatchDone() {
        samples.subBatchDone(RUN, 1_000, 1_000, Duration.ofMillis(5));
    }

    @Benchmark
    public void told() {
        samples.subBatchDone(RUN, 1_000, 1_000, Duration.ofMillis(5));
        samples.statusChanged(RUN);
    }
}
