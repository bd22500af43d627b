package io.sluice.benchmarks.sidebyside;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.benchmarks.DatabaseUrl;
import io.sluice.benchmarks.ServerSettings;
import io.sluice.testkit.EmbeddedPostgres;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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

    private static final io.r2dbc.spi.Option<Object> SSL_MODE = io.r2dbc.spi.Option.valueOf("sslMode");

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--quick", description = "the goals only, in under three minutes")
    private boolean quick;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            description = "only those whose name contains it; 'oltp', 'readers' and 'limits' are three")
    private String scenario = "";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "r2dbc:postgresql://user:password@host:port/database, with ?sslMode=… where"
                    + " the server wants it, an empty database to use; default: an embedded server")
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
                    "time for all scenarios but limits, which take what they take; default 2 with --quick, else 60")
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
        Asked asked = asked();
        if (asked.named != null) {
            return measured(asked.named, asked);
        }
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        ServerSettings.DURABLE.forEach(builder::setting);
        try (EmbeddedPostgres embedded = builder.start()) {
            return measured(new Server(embedded.host(), embedded.port(), "postgres", "postgres", ""), asked);
        }
    }

    /** The options, when they can be taken. */
    private record Asked(
            @Nullable Server named, List<Scenario> scenarios, boolean oltp, boolean readers, boolean limits) {}

    private Asked asked() {
        CommandLine command = requireNonNull(spec).commandLine();
        try {
            Duration delay = roundTrip(roundTrip);
            List<Scenario> all = quick ? Scenarios.quick(delay) : Scenarios.full(delay);
            // one is named as the beginning of another
            boolean exact = all.stream().anyMatch(it -> it.name().equals(scenario));
            List<Scenario> chosen = all.stream()
                    .filter(it -> exact ? it.name().equals(scenario) : it.name().contains(scenario))
                    .toList();
            boolean oltp = "oltp".contains(scenario);
            // there is a goal for a thousand only
            boolean readers = "readers".contains(scenario) && (!quick || !scenario.isEmpty());
            boolean limits = "limits".contains(scenario) && !quick;
            if (chosen.isEmpty() && !oltp && !readers && !limits) {
                throw new IllegalArgumentException("--scenario must be part of one of "
                        + all.stream().map(it -> "'" + it.name() + "'").collect(Collectors.joining(", "))
                        + ", 'oltp', 'readers', 'limits' (not with --quick), was '" + scenario + "'");
            }
            if (minutes < 0 || minutes > 10_000) {
                throw new IllegalArgumentException("--minutes must be 0..10000, was " + minutes);
            }
            return new Asked(url == null ? null : named(url), chosen, oltp, readers, limits);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private static Duration roundTrip(String text) {
        if (!text.matches("\\d{1,3}(\\.\\d{1,3})?ms")) {
            throw new IllegalArgumentException("--rtt must be 0ms..999ms, was '" + text + "'");
        }
        return Duration.ofNanos((long) (1e6 * Double.parseDouble(text.replace("ms", ""))));
    }

    private int measured(Server server, Asked asked) throws Exception {
        PrintStream progress = System.err;
        Duration time = Duration.ofSeconds((long) (60 * (minutes > 0 ? minutes : quick ? 2 : 60)));
        List<Scenario> scenarios = asked.scenarios;
        boolean oltp = asked.oltp;
        double oltpShare = oltp ? 0.25 : 0;
        double readersShare = asked.readers ? 0.15 : 0;
        double shares = scenarios.stream().mapToDouble(Scenario::share).sum() / (1 - oltpShare - readersShare);
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
        if (asked.readers) {
            Duration left = Duration.ofMillis((long) (time.toMillis() * (scenarios.isEmpty() ? 1 : readersShare)));
            ReadersBeside beside = new ReadersBeside(server, progress, quick ? 100_000 : 750_000, quick ? 50 : 1_000);
            right &= tried("readers", () -> report.add(beside.within(left)));
        }
        if (asked.limits) {
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
        ConnectionFactoryOptions options = DatabaseUrl.parse(url);
        return new Server(
                text(options, ConnectionFactoryOptions.HOST, "localhost"),
                Integer.parseInt(text(options, ConnectionFactoryOptions.PORT, "5432")),
                text(options, ConnectionFactoryOptions.DATABASE, "postgres"),
                text(options, ConnectionFactoryOptions.USER, "postgres"),
                text(options, ConnectionFactoryOptions.PASSWORD, ""),
                options.hasOption(SSL_MODE) ? text(options, SSL_MODE, "") : null);
    }

    private static String text(ConnectionFactoryOptions options, io.r2dbc.spi.Option<?> option, String otherwise) {
        Object value = options.getValue(option);
        return value == null ? otherwise : value.toString();
    }
}
