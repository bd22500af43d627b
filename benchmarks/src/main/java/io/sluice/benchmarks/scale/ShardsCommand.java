package io.sluice.benchmarks.scale;

import static java.util.Objects.requireNonNull;

import io.sluice.benchmarks.DatabaseUrl;
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

/** One small migration on each of several numbers of shards. */
@Command(
        name = "shards",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "One small migration on each of many shards in one JVM, which take turns at few connections.",
            "Each shard has its rows in a schema and its ledger in another one, in at most 50 databases.",
            "Fairness is the share of the time after which the last shard had done its first sub-batch (of 20 rows). It is"
                    + " near 1 where each shard is done in one turn, as with a long --turn; then it says nothing."
        })
final class ShardsCommand implements Callable<Integer> {

    private static final Range SHARDS = new Range("--shards", 1, 10_000);
    private static final Range ROWS = new Range("--rows", 1, 1_000_000);
    private static final Range CONNECTIONS = new Range("--connections", 1, 200);
    private static final Range TURN = new Range("--turn", 100, 86_400_000);
    private static final Range PACE = new Range("--pace", 0, 60_000);

    /** For a pool of four beside each connection of the budget, looks, the 16 shards that are asked at one time, and observers. */
    private static final int OTHER_CONNECTIONS = 4 * 8 + 4 * 16 + 20;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--shards",
            paramLabel = "N[,N…]",
            description = "numbers of shards, each 1..10000; default 1,10,100,1000")
    private String shards = "1,10,100,1000";

    @Option(names = "--url", paramLabel = "URL", description = MeasuredServer.URL_HELP)
    private @Nullable String url;

    @Option(names = "--rows", paramLabel = "N", description = "rows of each shard, 1..1000000; default 200")
    private String rows = "200";

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = "shards that are worked on at one time, 1..200; default 16")
    private String connections = "16";

    @Option(
            names = "--turn",
            paramLabel = "MS",
            description = "how long a shard keeps its connection while others wait, 100..86400000; default 100")
    private String turn = "100";

    @Option(
            names = "--pace",
            paramLabel = "MS",
            description = "how long each sub-batch sleeps in the database, 0..60000; default 0")
    private String pace = "0";

    @SuppressWarnings("UnusedVariable") // picocli looks at it
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and leave")
    private boolean help;

    /** The options, when they can be taken. */
    private record Asked(
            List<Long> counts,
            int rows,
            int connections,
            int turn,
            int pace,
            @Nullable Target named) {}

    @Override
    public Integer call() throws InterruptedException {
        CommandSpec mine = requireNonNull(spec);
        Asked asked;
        try {
            asked = new Asked(
                    SHARDS.numbers(shards),
                    (int) ROWS.number(rows),
                    (int) CONNECTIONS.number(connections),
                    (int) TURN.number(turn),
                    (int) PACE.number(pace),
                    url == null ? null : new Target(DatabaseUrl.parse(url)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(mine.commandLine(), String.valueOf(e.getMessage()), e);
        }
        try (MeasuredServer server = MeasuredServer.of(asked.named, settings(asked.connections))) {
            return measured(mine, server, asked);
        }
    }

    private static int measured(CommandSpec spec, MeasuredServer server, Asked asked) throws InterruptedException {
        PrintWriter progress = spec.commandLine().getErr();
        // for the compiler of the JVM
        run(server, asked, 1);
        List<ShardsResult> results = new ArrayList<>();
        for (long count : asked.counts) {
            progress.printf(Locale.ROOT, "%,d shards%n", count);
            progress.flush();
            results.add(run(server, asked, (int) count));
        }
        Map<String, Object> facts = new LinkedHashMap<>(server.facts());
        facts.put("rowsPerShard", asked.rows);
        facts.put("subBatchRows", ShardsRun.SUB_BATCH);
        facts.put("budgetConnections", asked.connections);
        facts.put("turnMs", asked.turn);
        facts.put("paceMs", asked.pace);
        new Report<>(facts, ShardsResult.columns(), results)
                .print(spec.commandLine().getOut());
        return results.stream().allMatch(ShardsResult::isRight) ? 0 : 1;
    }

    private static ShardsResult run(MeasuredServer server, Asked asked, int shards) throws InterruptedException {
        return new ShardsRun(server.maintenance(), shards, asked.rows, asked.connections, asked.turn, asked.pace)
                .measured();
    }

    /** Not flushed to disk: what is measured is the JVM and who waits for whom, and a thousand ledgers are 60,000 files. */
    private static Map<String, String> settings(int connections) {
        return Map.of(
                "max_connections",
                String.valueOf(5 * connections + OTHER_CONNECTIONS),
                "shared_buffers",
                "512MB",
                "max_wal_size",
                "4GB",
                "fsync",
                "off");
    }
}
