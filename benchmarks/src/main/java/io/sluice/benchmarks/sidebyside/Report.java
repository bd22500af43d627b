package io.sluice.benchmarks.sidebyside;

import io.sluice.benchmarks.sidebyside.Oltp.Latency;
import io.sluice.benchmarks.sidebyside.WatchedApplication.Watched;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import tools.jackson.databind.json.JsonMapper;

/** The results for people, for programs and as a picture. */
final class Report {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Map<String, Object> machine;
    private final List<Rounds.Times> times = new ArrayList<>();
    private final List<Ratio> ratios = new ArrayList<>();
    private final List<Limit> limits = new ArrayList<>();
    private final Map<String, String> goals = new LinkedHashMap<>();
    private final Map<String, List<Latency>> beside = new LinkedHashMap<>();
    private final List<ReadersBeside.Runs> runs = new ArrayList<>();

    Report(Map<String, Object> machine) {
        this.machine = machine;
    }

    void add(Rounds.Times found) {
        times.add(found);
        found.scenario().comparisons().forEach(it -> {
            ratios.add(found.ratio(it));
            goals.put(it.key(), it.goal() > 0 ? "≥ " + it.goal() : "");
        });
        found.scenario().overheads().forEach(it -> add(found.added(it)));
    }

    void add(List<Limit> found) {
        limits.addAll(found);
    }

    void add(OltpBeside.Windows windows) {
        beside.putAll(windows.beside());
        windows.ratios().forEach(it -> {
            ratios.add(it);
            goals.put(it.key(), "≤ " + OltpBeside.Windows.GOAL);
        });
        add(windows.limits());
    }

    void add(ReadersBeside.Runs found) {
        runs.add(found);
        ratios.add(found.ratio());
        goals.put(found.ratio().key(), "≤ " + ReadersBeside.Runs.GOAL);
    }

    boolean isKnown() {
        return ratios.stream().allMatch(Ratio::isKnown) && limits.stream().allMatch(Limit::isKnown);
    }

    void print(PrintStream out) {
        for (Rounds.Times found : times) {
            out.printf(
                    Locale.ROOT,
                    "%n%s (%,d rows)%n",
                    found.scenario().name(),
                    found.scenario().workload().rows());
            found.all()
                    .keySet()
                    .forEach(name -> out.printf(
                            Locale.ROOT,
                            "  %-28s %8.2f s %,12.0f rows/s   %,8.0f µs of client CPU a batch   %d rounds%n",
                            name,
                            Ratio.median(found.seconds(name)),
                            found.scenario().workload().rows() / Ratio.median(found.seconds(name)),
                            Ratio.median(found.cpuOfBatch(name)),
                            found.seconds(name).size()));
        }
        if (!beside.isEmpty()) {
            out.printf("%nlatency of other clients, ms (medians of windows)%n");
            beside.forEach((name, windows) -> out.printf(
                    Locale.ROOT,
                    "  %-32s p50 %7.2f  p99 %8.2f  p99.9 %8.2f  errors %d  lock waits %d  dead rows %,.0f%n",
                    name,
                    Ratio.median(windows.stream().map(Latency::p50).toList()),
                    Ratio.median(windows.stream().map(Latency::p99).toList()),
                    Ratio.median(windows.stream().map(Latency::p999).toList()),
                    windows.stream().mapToLong(Latency::errors).sum(),
                    windows.stream().mapToLong(Latency::lockWaits).sum(),
                    Ratio.median(
                            windows.stream().map(it -> (double) it.deadRows()).toList())));
        }
        runs.forEach(it -> out.printf(
                Locale.ROOT,
                "%na run and the readers of its progress (%,d rows)%n  none %8.2f s%n  %,d %8.2f s   %d rounds%n",
                it.workload().rows(),
                Ratio.median(it.alone().stream().map(Watched::seconds).toList()),
                it.readers(),
                Ratio.median(it.watched().stream().map(Watched::seconds).toList()),
                it.alone().size()));
        out.printf("%n%-28s %8s  %-16s %6s  %s%n", "ratio", "median", "95 % interval", "pairs", "goal");
        ratios.forEach(it -> out.printf(
                Locale.ROOT,
                "%-28s %8.3f  [%.3f, %.3f]   %6d  %s%s%n",
                it.key(),
                it.median(),
                it.low(),
                it.high(),
                it.pairs(),
                goals.getOrDefault(it.key(), ""),
                it.isKnown() ? "" : "   too wide to tell"));
        if (!limits.isEmpty()) {
            out.printf("%n%-28s %10s  %-22s %s%n", "limit", "median", "95 % interval", "goal");
            limits.forEach(it -> out.printf(
                    Locale.ROOT,
                    "%-28s %10.2f  [%.2f, %.2f] %s   ≤ %s%s%n",
                    it.value().key(),
                    it.value().median(),
                    it.value().low(),
                    it.value().high(),
                    it.unit(),
                    it.goal(),
                    it.isKnown() ? it.isKept() ? "" : "   missed" : "   too wide to tell"));
        }
        out.println();
    }

    /** The ratios; null where the interval is too wide. */
    Map<String, Object> summary() {
        Map<String, Object> summary = new LinkedHashMap<>();
        Map<String, Object> spread = new LinkedHashMap<>();
        ratios.forEach(it -> {
            summary.put(it.key(), it.known());
            spread.put(it.key(), it.roundedSpread());
        });
        limits.forEach(it -> {
            summary.put(it.value().key(), it.known());
            spread.put(it.value().key(), it.value().roundedSpread());
        });
        summary.put("spread", spread);
        return summary;
    }

    String line() {
        return JSON.writeValueAsString(summary());
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        all.put("ratios", ratios);
        all.put(
                "seconds",
                times.stream()
                        .map(it -> Map.of("scenario", it.scenario().name(), "times", it.all()))
                        .toList());
        all.put("latencies", beside);
        all.put("readers", runs);
        all.put("limits", limits);
        all.put("summary", summary());
        Files.writeString(
                directory.resolve("side-by-side.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all));
        List<Ratio> shown = ratios.stream().filter(it -> it.pairs() > 0).toList();
        if (!shown.isEmpty()) {
            BitmapEncoder.saveBitmap(
                    chart(shown), directory.resolve("side-by-side.png").toString(), BitmapEncoder.BitmapFormat.PNG);
        }
    }

    private static CategoryChart chart(List<Ratio> ratios) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(1200)
                .height(600)
                .title("Sluice beside the alternatives: medians of pairs, 95 % intervals")
                .yAxisTitle("ratio")
                .build();
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setXAxisLabelRotation(30);
        chart.addSeries(
                "ratio",
                ratios.stream().map(Ratio::key).toList(),
                ratios.stream().map(Ratio::median).toList(),
                ratios.stream().map(it -> it.pairs() < 2 ? 0 : it.spread()).toList());
        return chart;
    }
}
