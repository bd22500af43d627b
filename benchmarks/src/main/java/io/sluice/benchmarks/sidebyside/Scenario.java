package io.sluice.benchmarks.sidebyside;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * One workload, who does it, and what is asked of the times.
 *
 * @param roundTrip what the network adds to each exchange of those who are not on the server
 * @param subjects made for the server as they reach it
 * @param overheads what is asked of single batches
 * @param share of the time of all scenarios
 */
record Scenario(
        String name,
        Workload workload,
        Duration roundTrip,
        Function<Server, List<Subject>> subjects,
        List<Comparison> comparisons,
        List<Overhead> overheads,
        double share) {}
