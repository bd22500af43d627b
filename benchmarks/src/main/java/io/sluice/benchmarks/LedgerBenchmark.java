package io.sluice.benchmarks;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.ledger.Ledger;
import io.sluice.run.RunKind;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.EmbeddedPostgres;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.scheduler.Schedulers;

/**
 * Question: what do a claim that finds nothing (what each idle poll does) and a checkpoint cost on a real server, with its flush to the disk? Baselines: the
 * shortest statement there is, and an update of one row.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LedgerBenchmark {

    private static final Duration SOON = Duration.ofMinutes(1);
    private static final String CHECKPOINT =
            "select sluice.checkpoint(l.id, array['1'], 1, 1, 0)::text from sluice.lane l limit 1";

    private @Nullable EmbeddedPostgres server;
    private @Nullable Ledger ledger;

    @Setup
    public void start() {
        EmbeddedPostgres.Builder durable = EmbeddedPostgres.builder();
        ServerSettings.DURABLE.forEach(durable::setting);
        EmbeddedPostgres started = durable.start();
        server = started;
        Shard shard = Shard.of("primary", ConnectionFactories.get(started.url()));
        Ledger made = new Ledger(shard, Schedulers.parallel());
        ledger = made;
        Sluice sluice = Sluice.builder()
                .shard(shard)
                .migrations(DataMigration.of(
                        "m", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")))
                .build();
        sluice.install().block(SOON);
        made.connections()
                .lendOne(connection -> Statements.script(
                                connection,
                                "create table items (id bigint primary key, n int not null default 0);"
                                        + " insert into items select generate_series(1, 1000);"
                                        + " create table job (id int primary key, cursor text, seen bigint) with (fillfactor = 30);"
                                        + " insert into job values (1, '', 0)")
                        .thenReturn(true))
                .block(SOON);
        sluice.enqueue(Enqueue.of("m")).blockLast(SOON);
        sluice.runOnce().blockLast(SOON);
        sluice.close().block(SOON);
    }

    @TearDown
    public void stop() {
        ledger().close().block(SOON);
        if (server != null) {
            server.close();
        }
    }

    @Benchmark
    public @Nullable Integer baselineOfAClaim() {
        return query("select 1");
    }

    @Benchmark
    public @Nullable Object claimOfNothing() {
        return ledger().runs()
                .claim(RunKind.DATA, "benchmark", List.of("m"), 1, Duration.ofSeconds(30))
                .blockLast(SOON);
    }

    @Benchmark
    public @Nullable Integer baselineOfACheckpoint() {
        return query("update job set cursor = '1', seen = seen + 1 where id = 1 returning 1");
    }

    @Benchmark
    public @Nullable Integer checkpoint() {
        return query(CHECKPOINT);
    }

    private @Nullable Integer query(String sql) {
        return ledger().connections()
                .lendOne(connection -> Statements.queryOne(connection, sql, row -> 1))
                .block(SOON);
    }

    private Ledger ledger() {
        Ledger made = ledger;
        if (made == null) {
            throw new IllegalStateException("not set up");
        }
        return made;
    }
}
