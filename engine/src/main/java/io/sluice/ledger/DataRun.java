package io.sluice.ledger;

import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.Progress;
import io.sluice.run.RowTotal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a data run adds to its run row.
 *
 * @param settings as they hold now; what nobody gave is the declaration's
 * @param walked what was walked when the run began; null before its first claim
 * @param pass 0 for the work itself, then counts and sweeps in turn
 * @param throttled whether it was throttled when that was written last
 */
public record DataRun(
        BatchSettings settings,
        KeyBounds bounds,
        @Nullable Walked walked,
        int pass,
        Progress.Phase phase,
        RowTotal total,
        boolean throttled) {

    /** The table (or other source) and the key of a run, fixed at its start. */
    public record Walked(String source, List<String> keyColumns, List<String> keyTypes) {

        public Walked {
            keyColumns = List.copyOf(keyColumns);
            keyTypes = List.copyOf(keyTypes);
        }
    }
}
