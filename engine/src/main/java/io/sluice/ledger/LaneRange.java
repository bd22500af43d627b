package io.sluice.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one lane of a pass walks: {@code (lower, upper]}. The first lane of a pass begins at the lower bound of the run, which is
 * part of it.
 *
 * @param lower null: unbounded
 * @param upper null: there is nothing to walk; empty: its end shows only when it is reached
 */
public record LaneRange(
        @Nullable List<String> lower, @Nullable List<String> upper) {}
