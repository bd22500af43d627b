package io.sluice.benchmarks.sidebyside;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.testkit.EmbeddedPostgres;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command: it runs the scenarios and ends with one line of JSON. */
@Command(
        name = "side-by-side.jar",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description =
                "Does the same backfill in several ways, interleaved on one PostgreSQL, and prints how their times compare.",
        footer = {
            "%nThe last line on standard output is JSON: the medians of the ratios, and half of each 95 %% interval as"
                    + " spread. A ratio whose interval is wider than ± 0.10 is null.",
            "It leaves with 0 when every ratio is known, with 3 when not, with 1 when a backfill went wrong, with 2 for options it cannot take."
        })
public final class SideBySide implements Callable<Integer> {

    /** Batches that are enough for code to be compiled as it will be. */
    private static final int WARM_UP = 12_000;

    @Option(names = "--quick", description = "the goals only, in under three minutes")
    private boolean quick;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            description = "only those whose name contains it; 'oltp' and 'limits' are two")
    private String scenario = "";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "r2dbc:postgresql://user:password@host:port/database, an empty"
                    + " database to use; default: an embedded server")
    private @Nullable String url;

    @Option(
            names = "--rtt",
            paramLabel = "TIME",
            description = "round trip of the scenario with a network; default 1ms")
    private String roundTrip = "1ms";

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description =
                    "time for all scenarios but limits, which take what they take; default 2.2 with --quick, else 60")
    private double minutes;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "where the JSON file and the chart go; default: target/side-by-side")
    private Path out = Path.of("target", "side-by-side");

    @SuppressWarnings("UnusedVariable") // picocli looks at it
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and leave")
    private boolean help;

    /** Picocli fills it in. */
    public SideBySide() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SideBySide()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (url != null) {
            return measured(named(url));
        }
        try (EmbeddedPostgres embedded = EmbeddedPostgres.builder()
                .setting("shared_buffers", "512MB")
                .setting("max_wal_size", "4GB")
                .setting("checkpoint_timeout", "30min")
                .setting("fsync", "on")
                .setting("full_page_writes", "on")
                .setting("synchronous_commit", "on")
                .start()) {
            return measured(new Server(embedded.host(), embedded.port(), "postgres", "postgres", ""));
        }
    }

    private int measured(Server server) throws Exception {
        PrintStream progress = System.err;
        Duration delay = Duration.ofNanos((long) (1e6 * Double.parseDouble(roundTrip.replace("ms", ""))));
        Duration time = Duration.ofSeconds((long) (60 * (minutes > 0 ? minutes : quick ? 2.2 : 60)));
        List<Scenario> scenarios = (quick ? Scenarios.quick(delay) : Scenarios.full(delay))
                .stream().filter(it -> it.name().contains(scenario)).toList();
        boolean oltp = "oltp".contains(scenario);
        double oltpShare = oltp ? 0.25 : 0;
        double shares = scenarios.stream().mapToDouble(Scenario::share).sum() / (1 - oltpShare);
        Report report = new Report(machine(server));
        Rounds rounds = new Rounds(server, progress, quick ? 0 : WARM_UP);
        boolean right = true;
        for (Scenario one : scenarios) {
            right &= tried(
                    one.name(),
                    () -> report.add(
                            rounds.of(one, Duration.ofMillis((long) (time.toMillis() * one.share() / shares)))));
        }
        if (oltp) {
            Duration left = Duration.ofMillis((long) (time.toMillis() * (scenarios.isEmpty() ? 1 : oltpShare)));
            OltpBeside beside =
                    new OltpBeside(server, progress, quick ? 200_000 : 1_000_000, Duration.ofSeconds(quick ? 3 : 8));
            right &= tried("oltp", () -> report.add(beside.within(left, !quick)));
        }
        if ("limits".contains(scenario) && !quick) {
            right &= tried("limits", () -> report.add(new Limits(server, progress, 15).all()));
        }
        report.print(System.out);
        report.write(out);
        System.out.println(report.line());
        return !right ? 1 : report.isKnown() ? 0 : 3;
    }

    /** One that measures. */
    @FunctionalInterface
    private interface Measurement {
        void run() throws Exception;
    }

    /** What has taken an hour until then is told also when one part goes wrong. */
    private static boolean tried(String name, Measurement measurement) {
        try {
            measurement.run();
            return true;
        } catch (Exception e) {
            System.err.println(name + " went wrong:");
            e.printStackTrace();
            return false;
        }
    }

    private static Map<String, Object> machine(Server server) {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("java", Runtime.version().toString());
        machine.put("postgresql", server.text("show server_version"));
        return machine;
    }

    private static Server named(String url) {
        ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(url);
        return new Server(
                text(options, ConnectionFactoryOptions.HOST, "localhost"),
                Integer.parseInt(text(options, ConnectionFactoryOptions.PORT, "5432")),
                text(options, ConnectionFactoryOptions.DATABASE, "postgres"),
                text(options, ConnectionFactoryOptions.USER, "postgres"),
                text(options, ConnectionFactoryOptions.PASSWORD, ""));
    }

    private static String text(ConnectionFactoryOptions options, io.r2dbc.spi.Option<?> option, String otherwise) {
        Object value = options.getValue(option);
        return value == null ? otherwise : value.toString();
    }
}
