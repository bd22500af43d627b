package io.sluice.benchmarks.sidebyside;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Runs the subjects of a scenario round by round, each round in another order, until the time is over. */
final class Rounds {

    private static final int FEWEST = 3;

    private final Server server;
    private final PrintStream progress;
    private final Random random = new Random(7);

    Rounds(Server server, PrintStream progress) {
        this.server = server;
        this.progress = progress;
    }

    /** The seconds of each subject, round by round. */
    record Times(Scenario scenario, Map<String, List<Double>> seconds) {

        Ratio ratio(Comparison comparison) {
            List<Double> subject = seconds.getOrDefault(comparison.subject(), List.of());
            List<Double> baseline = seconds.getOrDefault(comparison.baseline(), List.of());
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < Math.min(subject.size(), baseline.size()); i++) {
                ratios.add(baseline.get(i) / subject.get(i));
            }
            return Ratio.of(comparison.key(), comparison.subject() + " against " + comparison.baseline(), ratios);
        }
    }

    Times of(Scenario scenario, Duration within) throws Exception {
        long end = System.nanoTime() + within.toNanos();
        Map<String, List<Double>> seconds = new LinkedHashMap<>();
        try (DelayProxy proxy = DelayProxy.to(server, scenario.roundTrip())) {
            List<Subject> subjects = scenario.subjects().apply(proxy.front());
            try {
                for (Subject subject : subjects) {
                    subject.prepare(scenario.workload());
                    seconds.put(subject.name(), new ArrayList<>());
                    timed(scenario, subject); // the first one is for the compiler of the JVM and the caches
                }
                List<Subject> order = new ArrayList<>(subjects);
                long longest = 0;
                for (int round = 1; round <= FEWEST || System.nanoTime() + longest < end; round++) {
                    long began = System.nanoTime();
                    Collections.shuffle(order, random);
                    round(scenario, order, seconds);
                    longest = Math.max(longest, System.nanoTime() - began);
                    progress.printf("%s: round %d%n", scenario.name(), round);
                }
            } finally {
                for (Subject subject : subjects) {
                    subject.close();
                }
            }
        }
        return new Times(scenario, seconds);
    }

    private void round(Scenario scenario, List<Subject> order, Map<String, List<Double>> seconds) throws Exception {
        Map<String, Double> found = new HashMap<>();
        for (Subject subject : order) {
            found.put(subject.name(), timed(scenario, subject));
        }
        // only whole rounds have pairs
        found.forEach((name, time) ->
                seconds.computeIfAbsent(name, it -> new ArrayList<>()).add(time));
    }

    private double timed(Scenario scenario, Subject subject) throws Exception {
        scenario.workload().reset(server);
        long began = System.nanoTime();
        subject.run(scenario.workload());
        double seconds = (System.nanoTime() - began) / 1e9;
        scenario.workload().verify(server, subject.name());
        return seconds;
    }
}
