package io.sluice.benchmarks.sidebyside;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Runs the subjects of a scenario round by round, each round in another order, until the time is over. */
final class Rounds {

    private static final int FEWEST = 3;

    private static final OperatingSystemMXBean CLIENT =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final Server server;
    private final PrintStream progress;
    private final int warmUp;
    private final Random random = new Random(7);

    /** @param warmUp batches that each subject does before it is measured; 0: just the whole once */
    Rounds(Server server, PrintStream progress, int warmUp) {
        this.server = server;
        this.progress = progress;
        this.warmUp = warmUp;
    }

    /** What one backfill took of the clock and of the processors of this JVM, in seconds. */
    record Time(double wall, double cpu) {}

    /** The times of each subject, round by round. */
    record Times(Scenario scenario, Map<String, List<Time>> all) {

        List<Double> seconds(String subject) {
            return of(subject, Time::wall);
        }

        /** Processor time of the client for each batch, in microseconds. */
        List<Double> cpuOfBatch(String subject) {
            return of(subject, it -> 1e6 * it.cpu / batches());
        }

        Ratio ratio(Comparison comparison) {
            return Ratio.of(
                    comparison.key(),
                    comparison.subject() + " against " + comparison.baseline(),
                    pairs(seconds(comparison.baseline()), seconds(comparison.subject()), (a, b) -> a / b));
        }

        /** What is added to each batch, of the clock and of the processors. */
        List<Limit> added(Overhead overhead) {
            String what = overhead.subject() + " adds to a batch of " + overhead.baseline() + ", ";
            return List.of(
                    Limit.of(
                            overhead.key() + "Wall",
                            what + "time",
                            "µs",
                            overhead.wall(),
                            pairs(
                                    seconds(overhead.subject()),
                                    seconds(overhead.baseline()),
                                    (a, b) -> 1e6 * (a - b) / batches())),
                    Limit.of(
                            overhead.key() + "Cpu",
                            what + "processor time of the client",
                            "µs",
                            overhead.cpu(),
                            pairs(cpuOfBatch(overhead.subject()), cpuOfBatch(overhead.baseline()), (a, b) -> a - b)));
        }

        private double batches() {
            return (double) scenario.workload().rows() / scenario.workload().batch();
        }

        private List<Double> of(String subject, ToDoubleFunction<Time> what) {
            return all.getOrDefault(subject, List.of()).stream()
                    .map(it -> what.applyAsDouble(it))
                    .toList();
        }

        private static List<Double> pairs(List<Double> ones, List<Double> others, DoubleBinaryOperator of) {
            return IntStream.range(0, Math.min(ones.size(), others.size()))
                    .mapToObj(i -> of.applyAsDouble(ones.get(i), others.get(i)))
                    .toList();
        }
    }

    Times of(Scenario scenario, Duration within) throws Exception {
        long end = System.nanoTime() + within.toNanos();
        Map<String, List<Time>> times = new LinkedHashMap<>();
        try (DelayProxy proxy = DelayProxy.to(server, scenario.roundTrip())) {
            List<Subject> subjects = scenario.subjects().apply(proxy.front());
            try {
                for (Subject subject : subjects) {
                    times.put(subject.name(), new ArrayList<>());
                    warmUp(scenario, subject);
                }
                List<Subject> order = new ArrayList<>(subjects);
                long longest = 0;
                for (int round = 1; round <= FEWEST || System.nanoTime() + longest < end; round++) {
                    long began = System.nanoTime();
                    Collections.shuffle(order, random);
                    round(scenario, order, times);
                    longest = Math.max(longest, System.nanoTime() - began);
                    progress.printf("%s: round %d, %s%n", scenario.name(), round, last(times));
                }
            } finally {
                for (Subject subject : subjects) {
                    subject.close();
                }
            }
        }
        return new Times(scenario, times);
    }

    /** The last time of each: what is known so far, for whoever ends it early. */
    private static String last(Map<String, List<Time>> times) {
        return times.entrySet().stream()
                .map(it -> String.format(
                        Locale.ROOT,
                        "%s %.2f s",
                        it.getKey(),
                        it.getValue().get(it.getValue().size() - 1).wall()))
                .collect(Collectors.joining(", "));
    }

    /**
     * For the compiler of the JVM, which takes ten seconds of a processor for a pipeline, and for the caches: many small batches,
     * then once as it will be measured. What a run costs that is over before it is compiled is another question.
     */
    private void warmUp(Scenario scenario, Subject subject) throws Exception {
        if (warmUp > 0) {
            // over a network each of them takes its time
            Workload small = scenario.workload().inBatches(scenario.roundTrip().isZero() ? warmUp : warmUp / 4);
            subject.prepare(small);
            timed(small, subject);
        }
        subject.prepare(scenario.workload());
        timed(scenario.workload(), subject);
    }

    private void round(Scenario scenario, List<Subject> order, Map<String, List<Time>> times) throws Exception {
        Map<String, Time> found = new HashMap<>();
        for (Subject subject : order) {
            found.put(subject.name(), timed(scenario.workload(), subject));
        }
        // only whole rounds have pairs
        found.forEach((name, time) ->
                times.computeIfAbsent(name, it -> new ArrayList<>()).add(time));
    }

    private Time timed(Workload workload, Subject subject) throws Exception {
        workload.reset(server);
        long cpu = CLIENT.getProcessCpuTime();
        long began = System.nanoTime();
        subject.run(workload);
        Time time = new Time((System.nanoTime() - began) / 1e9, (CLIENT.getProcessCpuTime() - cpu) / 1e9);
        workload.verify(server, subject.name());
        return time;
    }
}
