package io.sluice.examples.quickstart;

import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.R2dbcException;
import io.sluice.run.BatchSettings;
import io.sluice.run.SluiceException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of the quickstart, and what it comes to: it ends with one line of JSON on standard output. */
@Command(
        name = "quickstart.jar",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes the customers of a shop on several PostgreSQL databases, runs two migrations over them, one of which"
                    + " must not touch a row twice, and verifies every row afterwards.",
            "Kill it at any instant and start it again on the same --data: it goes on where it was.%n"
        },
        footer = {
            "%nThe last line on standard output is JSON: status, rows (in all), seconds (of this process),"
                    + " rowsPerSecond (through both migrations), verified.",
            "It leaves with 0 when every row was verified, with 1 when not, with 2 for options it cannot take."
        })
public final class QuickstartCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--shards", paramLabel = "N", description = "databases to make, 1..16; default 2")
    private @Nullable Integer shards;

    @Option(names = "--rows", paramLabel = "N", description = "customers in all, 1..1000000000; default 1000000")
    private @Nullable Long rows;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "keep the embedded PostgreSQL there; default: thrown away at the end")
    private @Nullable Path data;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "r2dbc:postgresql://…, a database to use instead of embedded ones; once per shard")
    private List<String> urls = List.of();

    @Option(names = "--batch", paramLabel = "N", description = "rows of a batch; default 10000")
    private @Nullable Integer batch;

    @Option(names = "--sub-batch", paramLabel = "N", description = "rows of one transaction; default 1000")
    private @Nullable Integer subBatch;

    @Option(
            names = "--port",
            paramLabel = "P",
            description = "port of the web page, on this machine only, 0 for any free one; default 8080")
    private int port = 8080;

    @Option(names = "--no-page", description = "serve no web page, and begin seconds earlier")
    private boolean noPage;

    @Option(names = "--exit", description = "leave when done; default: keep the databases up until Ctrl-C")
    private boolean exit;

    @SuppressWarnings("UnusedVariable") // picocli looks at it
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and leave")
    private boolean help;

    /** Picocli fills it in. */
    public QuickstartCommand() {}

    @Override
    public Integer call() {
        refuseImpossible();
        try (Interruption interruption = Interruption.watch()) {
            Outcome outcome = outcome(interruption);
            return outcome.isGood() ? 0 : 1;
        }
    }

    private Outcome outcome(Interruption interruption) {
        try (ShopDatabases databases = ShopDatabases.open(urls, data, shards);
                Backfill backfill = Backfill.at(databases.shards(), sizes());
                Page page = noPage ? Page.none() : Page.serve(backfill.sluice(), port)) {
            System.out.println("Sluice quickstart: " + databases.description());
            System.out.println(page.description());
            Outcome outcome = new Tour(databases, rows, backfill, interruption).take();
            System.out.println(outcome.toJson());
            if (!exit && !interruption.isAsked()) {
                System.err.println("Done. " + databases.whileTheyAreUp());
                interruption.await();
            }
            return outcome;
        } catch (SluiceException | R2dbcException | IllegalStateException | IllegalArgumentException e) {
            System.err.println("error: " + e.getMessage());
            System.out.println(Outcome.ERROR.toJson());
            return Outcome.ERROR;
        }
    }

    private void refuseImpossible() {
        within("--shards", requireNonNullElse(shards, 2), 1, 16);
        within("--rows", requireNonNullElse(rows, 1L), 1, 1_000_000_000);
        within("--port", port, 0, 65_535);
        if (!urls.isEmpty() && data != null) {
            throw refused("--data is for the embedded PostgreSQL, and --url says not to use it: leave one of them out");
        }
        if (!urls.isEmpty() && shards != null && shards != urls.size()) {
            throw refused("--url is given once per shard: " + urls.size() + " given, but --shards=" + shards);
        }
        for (String url : urls) {
            if (!url.startsWith("r2dbc:postgresql://")) {
                throw refused("--url must begin with r2dbc:postgresql://, was '" + url + "'");
            }
        }
        try {
            sizes().of(BatchSettings.DEFAULTS);
        } catch (IllegalArgumentException e) {
            throw refused("--batch and --sub-batch: " + e.getMessage());
        }
    }

    private Sizes sizes() {
        return new Sizes(batch, subBatch);
    }

    private void within(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw refused(option + " must be " + least + ".." + most + ", was " + value);
        }
    }

    private ParameterException refused(String reason) {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return new ParameterException(spec.commandLine(), reason);
    }
}
