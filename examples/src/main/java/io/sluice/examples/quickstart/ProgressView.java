package io.sluice.examples.quickstart;

import java.util.OptionalInt;

/** Shows the progress of the shards to a person. Called by one thread, which may wait. */
interface ProgressView extends AutoCloseable {

    void show(ShardProgress progress);

    /** Leaves the last state in sight. */
    @Override
    void close();

    /** Bars where there is a terminal, else lines. */
    static ProgressView create() {
        OptionalInt columns = TerminalWidth.ofStandardError();
        return columns.isPresent() ? new ProgressBars(columns.getAsInt()) : new ProgressLines();
    }
}
