package io.sluice.schema;

import io.sluice.run.SchemaProgress.Counted;
import java.time.Duration;
import java.util.List;

/** What the catalog says of a change. */
sealed interface Verdict {

    /** Nothing is left to do. */
    record Done() implements Verdict {}

    /**
     * These come next, in any order; then the catalog is asked again.
     *
     * @param partitions partitions that are done, of how many; 0 of 0 where there are none
     */
    record Next(List<Step> steps, Counted partitions) implements Verdict {

        Next(Step step) {
            this(List.of(step), new Counted(0, 0));
        }
    }

    /** Somebody else is at it; ask again later. */
    record Later(String reason, Duration after) implements Verdict {}
}
