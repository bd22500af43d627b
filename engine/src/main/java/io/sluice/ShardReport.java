package io.sluice;

import io.sluice.run.RunStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a shard is: whether its database answers, whether its ledger can be used, and how many runs stand where.
 *
 * @param reachable whether its database answers
 * @param trouble why it cannot be worked on, for who must act; null: it can. Of a database that does not answer it quotes the driver,
 *     with address and user
 * @param ledgerVersion version of its ledger; null where that is not known
 * @param runs how many runs stand where; only statuses that occur
 * @param lapsed runs whose holder was not heard of for longer than its lease: where workers run, such a one is taken over within
 *     seconds
 */
public record ShardReport(
        String shard,
        boolean reachable,
        @Nullable String trouble,
        @Nullable Integer ledgerVersion,
        Map<RunStatus, Long> runs,
        long lapsed) {

    public ShardReport {
        runs = Map.copyOf(runs);
    }

    /** True when the shard can be worked on. */
    public boolean isUsable() {
        return trouble == null;
    }

    /** Runs that stand there. */
    public long count(RunStatus status) {
        return runs.getOrDefault(status, 0L);
    }
}
