package io.sluice.examples;

import io.sluice.examples.quickstart.QuickstartCommand;
import picocli.CommandLine;

/**
 * The first thing to run, {@code java -jar examples/target/quickstart.jar}: makes a shop on a PostgreSQL of its own, migrates
 * it on several shards while one watches, and verifies every row. {@code --help} tells the options.
 */
public final class Quickstart {

    private Quickstart() {}

    /** Leaves with 0 when every row was verified, with 1 when not, with 2 when the options cannot be meant. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new QuickstartCommand()).execute(args));
    }
}
