package io.sluice.ledger;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A lane as its worker took it: the row that each of its sub-batches locks first.
 *
 * @param id of the row; a fresh row has a new one
 * @param epoch grows each time a worker takes the lane anew, so that nothing sent before can still do work
 * @param cursor last key done; null before the first sub-batch
 * @param upper last key of the lane; null when the lane has nothing to do; empty when its end shows only when it is reached
 * @param batch the open batch; null when there is none
 * @param size keys that the next sub-batch may have; null: as the settings say
 * @param subBatches how many have been committed in it
 * @param batchSeen keys of the open batch that they have passed
 */
public record Lane(
        long id,
        int number,
        long token,
        long epoch,
        @Nullable List<String> cursor,
        @Nullable List<String> upper,
        @Nullable Long batch,
        @Nullable Integer size,
        long subBatches,
        long batchSeen) {

    /** True when no key is left. */
    public boolean isDone() {
        return batch == null && (upper == null || Objects.equals(cursor, upper));
    }
}
