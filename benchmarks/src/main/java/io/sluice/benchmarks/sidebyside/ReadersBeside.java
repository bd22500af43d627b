package io.sluice.benchmarks.sidebyside;

import io.sluice.benchmarks.sidebyside.WatchedApplication.Watched;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** How much longer a run takes while many read its progress over server-sent events, run beside run. */
final class ReadersBeside {

    private static final int FEWEST = 2;

    private final Server server;
    private final PrintStream progress;
    private final Workload workload;
    private final int readers;

    ReadersBeside(Server server, PrintStream progress, int rows, int readers) {
        this.server = server;
        this.progress = progress;
        // small sub-batches, so that there is much to tell
        this.workload = Workload.updates(rows, 200);
        this.readers = readers;
    }

    /** The runs of each round: with nobody who reads, and with all readers. */
    record Runs(Workload workload, int readers, List<Watched> alone, List<Watched> watched) {

        /** The most that a run may take with readers, in times of one without. */
        static final double GOAL = 1.10;

        /** Against the run without readers of the same round; more is slower. */
        Ratio ratio() {
            return Ratio.of(
                    "readers" + readers + "VsNone",
                    String.format(Locale.ROOT, "time of a run with %,d readers of its progress against none", readers),
                    IntStream.range(0, alone.size())
                            .mapToObj(
                                    i -> watched.get(i).seconds() / alone.get(i).seconds())
                            .toList());
        }
    }

    Runs within(Duration time) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        List<Watched> alone = new ArrayList<>();
        List<Watched> watched = new ArrayList<>();
        try (WatchedApplication application = WatchedApplication.start(server, workload)) {
            // for the compiler of the JVM and the caches
            application.run(0);
            application.run(readers);
            long longest = 0;
            for (int round = 1; round <= FEWEST || System.nanoTime() + longest < end; round++) {
                long began = System.nanoTime();
                // each is first in turn
                if (round % 2 == 1) {
                    alone.add(application.run(0));
                    watched.add(application.run(readers));
                } else {
                    watched.add(application.run(readers));
                    alone.add(application.run(0));
                }
                longest = Math.max(longest, System.nanoTime() - began);
                progress.printf("readers: round %d%n", round);
            }
        }
        return new Runs(workload, readers, alone, watched);
    }
}
