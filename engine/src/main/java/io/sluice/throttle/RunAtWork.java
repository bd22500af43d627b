package io.sluice.throttle;

import io.sluice.run.RunId;
import io.sluice.sql.TableName;
import org.jspecify.annotations.Nullable;

/**
 * Who asks a throttle: a run, and the table that it is at work on.
 *
 * @param table null where the source is no table
 */
public record RunAtWork(RunId run, @Nullable TableName table) {}
