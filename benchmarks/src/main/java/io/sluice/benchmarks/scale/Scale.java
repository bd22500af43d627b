package io.sluice.benchmarks.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command: each of its two parts ends with a table for people and one line of JSON. */
@Command(
        name = "java -Xmx64m -cp side-by-side.jar io.sluice.benchmarks.scale.Scale",
        usageHelpAutoWidth = true,
        description = "Measures whether the cost of a row and the memory stay flat as tables and shards become many.",
        footer = {
            "%nThe last line on standard output is JSON, with the unit in each name.",
            "It leaves with 0 when every row was verified in the database, with 1 when not, with 2 for options it cannot take."
        },
        subcommands = {RowsCommand.class, ShardsCommand.class})
public final class Scale {

    @SuppressWarnings("UnusedVariable") // picocli looks at it
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and leave")
    private boolean help;

    /** Picocli fills it in. */
    public Scale() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Scale())
                // whatever the locale: there are micros in it
                .setOut(new PrintWriter(System.out, true, UTF_8))
                .execute(arguments));
    }
}
