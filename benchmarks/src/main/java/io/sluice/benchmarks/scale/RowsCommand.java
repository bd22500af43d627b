package io.sluice.benchmarks.scale;

import static java.util.Objects.requireNonNull;

import io.sluice.benchmarks.DatabaseUrl;
import io.sluice.benchmarks.ServerSettings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One backfill for each of several sizes of a table. */
@Command(
        name = "rows",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description =
                "One SQL-form backfill for each size of a table: the cost of a row and the heap ought to stay flat.")
final class RowsCommand implements Callable<Integer> {

    private static final Range ROWS = new Range("--rows", 1, 1_000_000_000);
    private static final Range SUB_BATCH = new Range("--sub-batch", 1, 100_000);
    private static final int WARM_UP_SUB_BATCHES = 500;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--rows",
            paramLabel = "N[,N…]",
            description = "rows of the tables, each 1..1000000000; default 100000,1000000,10000000")
    private String rows = "100000,1000000,10000000";

    @Option(names = "--url", paramLabel = "URL", description = MeasuredServer.URL_HELP)
    private @Nullable String url;

    @Option(names = "--sub-batch", paramLabel = "N", description = "rows of one transaction, 1..100000; default 1000")
    private String subBatch = "1000";

    @Option(
            names = "--change",
            paramLabel = "CHANGE",
            description =
                    "UPDATE: sets a column of every row; PASS: looks at every row and changes none; default UPDATE")
    private String change = "UPDATE";

    @SuppressWarnings("UnusedVariable") // picocli looks at it
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and leave")
    private boolean help;

    /** The options, when they can be taken. */
    private record Asked(
            List<Long> sizes,
            int subBatch,
            Change change,
            @Nullable Target named) {}

    @Override
    public Integer call() {
        CommandSpec mine = requireNonNull(spec);
        Asked asked;
        try {
            asked = new Asked(
                    ROWS.numbers(rows),
                    (int) SUB_BATCH.number(subBatch),
                    change(change),
                    url == null ? null : new Target(DatabaseUrl.parse(url)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(mine.commandLine(), String.valueOf(e.getMessage()), e);
        }
        try (MeasuredServer server = MeasuredServer.of(asked.named, ServerSettings.DURABLE)) {
            return measured(mine, server, asked);
        }
    }

    private static int measured(CommandSpec spec, MeasuredServer server, Asked asked) {
        PrintWriter progress = spec.commandLine().getErr();
        long smallest = asked.sizes.stream().reduce(Math::min).orElseThrow();
        // for the compiler of the JVM and the caches; it would make the first size look dear
        run(server, asked, Math.min(smallest, (long) WARM_UP_SUB_BATCHES * asked.subBatch));
        List<RowsResult> results = new ArrayList<>();
        for (long size : asked.sizes) {
            progress.printf(Locale.ROOT, "%,d rows%n", size);
            progress.flush();
            results.add(run(server, asked, size));
        }
        Map<String, Object> facts = new LinkedHashMap<>(server.facts());
        facts.put("change", asked.change.name());
        facts.put("subBatchRows", asked.subBatch);
        new Report<>(facts, RowsResult.columns(), results)
                .print(spec.commandLine().getOut());
        return results.stream().allMatch(RowsResult::isRight) ? 0 : 1;
    }

    private static RowsResult run(MeasuredServer server, Asked asked, long rows) {
        return new RowsRun(server.maintenance(), asked.change, rows, asked.subBatch).measured();
    }

    private static Change change(String text) {
        for (Change known : Change.values()) {
            if (known.name().equals(text)) {
                return known;
            }
        }
        throw new IllegalArgumentException("--change must be UPDATE or PASS, was '" + text + "'");
    }
}
