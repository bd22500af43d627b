package io.sluice.benchmarks.sidebyside;

import static io.sluice.benchmarks.sidebyside.SluiceBackfill.Form.SQL;

import io.sluice.benchmarks.sidebyside.Oltp.Latency;
import io.sluice.run.Sizing;
import io.sluice.throttle.ProbeLatency;
import io.sluice.throttle.Throttle;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What other clients feel of a backfill, against what they feel without one, window beside window. */
final class OltpBeside {

    static final String IDLE = "no backfill";
    private static final String PACED = "Sluice, latency signal and 5 ms";
    /** What clients may feel, and what a sub-batch may take. */
    private static final Duration TARGET = Duration.ofMillis(5);

    private static final int PER_SECOND = 500;
    private static final int FEWEST = 2;
    private static final String DEAD =
            "select coalesce(max(n_dead_tup), 0) from pg_stat_user_tables where relname = 'items'";

    private static final String DONE = "select count(*) from items where not (" + Change.UPDATE.remaining + ")";

    private final Server server;
    private final PrintStream progress;
    private final int rows;
    private final Duration window;

    OltpBeside(Server server, PrintStream progress, int rows, Duration window) {
        this.server = server;
        this.progress = progress;
        this.rows = rows;
        this.window = window;
    }

    /** Latencies by who was at work beside, window by window. */
    record Windows(Map<String, List<Latency>> beside, List<Ratio> ratios, List<Limit> limits) {

        /** The most that p99 beside the paced backfill may be, in times of that without any. */
        static final double GOAL = 2.0;
    }

    /** @param all whether also those that nobody should choose are looked at */
    Windows within(Duration time, boolean all) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        Workload workload = Workload.updates(rows, 1_000);
        List<@Nullable Subject> subjects = new ArrayList<>();
        subjects.add(null);
        subjects.add(sluice(PACED, true));
        if (all) {
            subjects.add(new OneUpdate(server));
            subjects.add(sluice("Sluice", false));
            subjects.add(new SluiceBackfill("Sluice at half load", server, SQL, it -> it, Throttle.load(0.5)));
        }
        Map<String, List<Latency>> beside = new LinkedHashMap<>();
        workload.reset(server);
        long longest = 0;
        for (int round = 1; round <= FEWEST || System.nanoTime() + longest < end; round++) {
            long began = System.nanoTime();
            for (Subject subject : subjects) {
                String name = subject == null ? IDLE : subject.name();
                beside.computeIfAbsent(name, it -> new ArrayList<>()).add(latency(workload, subject));
            }
            longest = Math.max(longest, System.nanoTime() - began);
            progress.printf("beside OLTP: round %d%n", round);
        }
        return new Windows(
                beside,
                List.of(Ratio.of(
                        "oltpP99PacedVsIdle",
                        "p99 of other clients beside a paced backfill against none",
                        pairs(beside, Latency::p99, (paced, idle) -> paced / idle))),
                List.of(Limit.of(
                        "oltpP999AddedByPaced",
                        "p99.9 of other clients beside a paced backfill, more than without one",
                        "ms",
                        2.0 * TARGET.toMillis(),
                        pairs(beside, Latency::p999, (paced, idle) -> paced - idle))));
    }

    private SluiceBackfill sluice(String name, boolean paced) {
        return paced
                ? new SluiceBackfill(
                        name,
                        server,
                        SQL,
                        it -> it.withSubBatchSize(200, new Sizing(TARGET, 50, 20_000)),
                        ProbeLatency.of("select 1", TARGET, TARGET.multipliedBy(10)))
                : SluiceBackfill.of(name, server, SQL, 1);
    }

    /** Only what happens while the backfill is at work counts; where it is over before the window is, so is the window. */
    private Latency latency(Workload workload, @Nullable Subject subject) throws Exception {
        workload.reset(server);
        if (subject != null) {
            subject.prepare(workload);
        }
        try (Oltp clients = new Oltp(server, rows, PER_SECOND).start();
                LockWaits waits = new LockWaits(server)) {
            Thread.sleep(500);
            CompletableFuture<Void> outcome = new CompletableFuture<>();
            Thread backfill = new Thread(() -> run(workload, subject, outcome), "backfill");
            clients.begin();
            waits.start();
            backfill.start();
            if (subject == null) {
                Thread.sleep(window.toMillis());
            } else {
                backfill.join(window.toMillis());
            }
            Latency latency = clients.end().beside(waits.ended(), server.number(DEAD));
            if (subject instanceof SluiceBackfill sluice && backfill.isAlive()) {
                sluice.cancel();
                backfill.join();
            } else {
                // who fails at once disturbs nobody, and that is no result
                outcome.join();
            }
            if (subject != null && server.number(DONE) == 0) {
                throw new IllegalStateException(subject.name() + " changed nothing beside the clients");
            }
            return latency;
        } finally {
            if (subject != null) {
                subject.close();
            }
        }
    }

    private static void run(Workload workload, @Nullable Subject subject, CompletableFuture<Void> outcome) {
        try {
            if (subject != null) {
                subject.run(workload);
            }
            outcome.complete(null);
        } catch (Exception e) {
            outcome.completeExceptionally(e);
        }
    }

    /** Each window with that without a backfill of the same round. */
    private static List<Double> pairs(
            Map<String, List<Latency>> beside, ToDoubleFunction<Latency> what, DoubleBinaryOperator of) {
        List<Latency> idle = beside.getOrDefault(IDLE, List.of());
        List<Latency> paced = beside.getOrDefault(PACED, List.of());
        return IntStream.range(0, Math.min(idle.size(), paced.size()))
                .mapToObj(i -> of.applyAsDouble(what.applyAsDouble(paced.get(i)), what.applyAsDouble(idle.get(i))))
                .toList();
    }
}
