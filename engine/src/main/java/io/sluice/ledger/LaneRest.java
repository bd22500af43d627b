package io.sluice.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a lane has left beyond the batch that is open.
 *
 * @param behind last key of the open batch, or the cursor where none is open; null: nothing was done yet
 * @param upper last key of the lane
 */
public record LaneRest(int lane, @Nullable List<String> behind, List<String> upper) {}
