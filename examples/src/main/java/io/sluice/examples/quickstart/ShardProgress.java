package io.sluice.examples.quickstart;

import io.sluice.run.Progress;
import io.sluice.run.RowTotal;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far one shard is with what it is doing now.
 *
 * @param doing in a few words
 * @param estimated whether the total is a guess of the planner, and all that follows from it
 * @param over whether it is done with this
 */
record ShardProgress(
        String shard,
        String doing,
        long rows,
        long total,
        boolean estimated,
        double rowsPerSecond,
        @Nullable Duration eta,
        boolean over) {

    static ShardProgress ofRun(String migration, Progress progress) {
        boolean working = progress.status().isWorking() && progress.phase() == Progress.Phase.WORKING;
        return new ShardProgress(
                progress.run().shard(),
                working ? migration : migration + ": " + said(progress),
                progress.rowsSeen(),
                progress.total().rows(),
                progress.total().kind() == RowTotal.Kind.ESTIMATE,
                progress.rowsPerSecond(),
                progress.eta(),
                progress.status().isTerminal() || progress.status() == RunStatus.FAILED);
    }

    static ShardProgress ofMaking(ShopShard shard, long made, long rowsInAll) {
        long share = shard.share(rowsInAll);
        return new ShardProgress(shard.name(), "making customers", made, share, false, 0, null, made >= share);
    }

    private static String said(Progress progress) {
        String reason = progress.reason() == null ? "" : ", " + progress.reason();
        return progress.status().isWorking()
                ? progress.phase().name().toLowerCase(Locale.ROOT) + " " + progress.seenInPass() + reason
                : progress.status().name().toLowerCase(Locale.ROOT) + reason;
    }
}
