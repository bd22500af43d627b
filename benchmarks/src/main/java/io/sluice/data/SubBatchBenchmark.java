package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.sluice.event.RunObserver;
import io.sluice.flow.DemandedCalls;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.shard.Turn;
import io.sluice.sql.KeyColumn;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Question: what does the pipeline itself cost for each sub-batch of the SQL form, with a connection that answers at once? Baseline:
 * the same calls of that connection in a plain loop. With {@code -prof gc} it tells what is allocated.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SubBatchBenchmark {

    private static final int SUB_BATCHES = 1_000;

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

    private final LaneSession session = new StepSession(
            connection(),
            new StepFunction(
                    new StepBody(
                            new LedgerName("sluice"),
                            new Lease(RUN.id(), 7, "benchmark"),
                            new Keyset("\"sluice\"", "\"items\"", List.<KeyColumn>of()),
                            CommitMode.ASYNCHRONOUS,
                            false,
                            (lower, upper) -> "perform 1"),
                    Duration.ofSeconds(2)),
            new Lane(1, 0, 7, 1, null, List.of("9"), 1L, null, 0, 0),
            TransactionLimits.DEFAULTS,
            Schedulers.parallel());

    @Benchmark
    @OperationsPerInvocation(SUB_BATCHES)
    public @Nullable SubBatch baseline() {
        return Flux.range(0, SUB_BATCHES).concatMap(i -> session.next(0), 1).blockLast();
    }

    @Benchmark
    @OperationsPerInvocation(SUB_BATCHES)
    public @Nullable SubBatch pipeline() {
        Throttling throttling = new Throttling((reason, lost) -> Mono.empty(), false, Schedulers.parallel());
        Pace pace = new Pace(
                new RunAtWork(RUN.id(), null),
                Throttle.none(),
                throttling,
                new TurnTaking(Turn.FREE, reason -> Mono.empty(), millis -> {}, Schedulers.parallel()),
                false,
                false,
                Schedulers.parallel());
        LaneSession observed = new ObservedSession(session, RUN, RunObserver.NONE, Schedulers.parallel());
        int[] made = new int[1];
        return DemandedCalls.inOrder(
                        () -> pace.paced(Mono.defer(() -> observed.next(pace.target()))),
                        observed::depth,
                        done -> ++made[0] >= SUB_BATCHES)
                .blockLast();
    }

    /** A connection whose statements all answer with one row of the step function. */
    private static Connection connection() {
        Map<String, Object> row = Map.of(
                "sluice_state",
                "OPEN",
                "sluice_seen",
                1_000L,
                "sluice_changed",
                1_000L,
                "sluice_pause",
                0L,
                "sluice_rests",
                false);
        Readable readable = stub(Readable.class, (proxy, method, arguments) -> row.get(arguments[0]));
        Result result = stub(Result.class, (proxy, method, arguments) -> mapped(arguments[0], readable));
        Statement statement = stub(Statement.class, (proxy, method, arguments) -> Mono.just(result));
        return stub(Connection.class, (proxy, method, arguments) -> statement);
    }

    @SuppressWarnings("unchecked") // the one way in which a result is read
    private static Object mapped(Object reader, Readable row) {
        return Mono.fromSupplier(() -> ((Function<Readable, Object>) reader).apply(row));
    }

    private static <T> T stub(Class<T> type, InvocationHandler answer) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answer));
    }
}
