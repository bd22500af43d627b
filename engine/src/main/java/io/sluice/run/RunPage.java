package io.sluice.run;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Some of the runs, shard by shard in the order of their declaration, newest first within each.
 *
 * @param next the last one of this page, if there may be more behind it: ask for those after it; null: this is the end
 * @param unreachable shards whose runs are missing here because their database did not answer or their ledger cannot be used
 */
public record RunPage(List<Run> runs, @Nullable RunId next, Set<String> unreachable) {

    public RunPage {
        runs = List.copyOf(runs);
        unreachable = Set.copyOf(unreachable);
    }
}
