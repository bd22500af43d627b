package io.sluice.ledger;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a schema run adds to its run.
 *
 * @param operation which change it is, as {@code add_index}
 * @param schema schema of the table
 * @param object the index, constraint or partition that it is about; null where it is the table itself
 * @param definition JSON object with the options of the operation
 * @param statementTimeout longest statement; zero: without a limit; null: as the settings say
 * @param lockBudget longest time of asking for locks; null: as the settings say
 * @param backend the backend that was last seen at work for it
 * @param unclean true when something was begun of which something may be left
 * @param applied true when its statement has committed
 */
public record SchemaRun(
        String operation,
        String schema,
        String table,
        @Nullable String object,
        String definition,
        @Nullable Duration statementTimeout,
        @Nullable Duration lockBudget,
        @Nullable Backend backend,
        boolean unclean,
        boolean applied) {

    /** A session of the server: process numbers are used again, so its start is part of its name. */
    public record Backend(int pid, Instant start) {}
}
