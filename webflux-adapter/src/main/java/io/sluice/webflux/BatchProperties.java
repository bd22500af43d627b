package io.sluice.webflux;

import io.sluice.run.BatchSettings;
import io.sluice.run.Sizing;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link BatchSettings} of one migration, over those that it declares; what is not given stays as it is declared.
 *
 * @param batchSize Rows of a batch, 1 to 10000000.
 * @param subBatchSize Rows of one transaction, or of the first one where the size is adaptive, 1 to 100000.
 * @param batchPause Rest after a batch, 0 to 1d.
 * @param subBatchPause Rest after a sub-batch, 0 to 1d.
 * @param batchAttempts Attempts of a batch, 1 to 1000.
 * @param lanes Disjoint key ranges worked on at once, each on a connection of its own, 1 to 64.
 */
public record BatchProperties(
        @Nullable Integer batchSize,
        @Nullable Integer subBatchSize,
        @DefaultValue SizingProperties sizing,
        @Nullable Duration batchPause,
        @Nullable Duration subBatchPause,
        @Nullable Integer batchAttempts,
        @Nullable Integer lanes) {

    /**
     * {@link Sizing}: how the size of a sub-batch follows the time that one takes.
     *
     * @param target Time of one sub-batch's transaction, 1ms to 1m; 0: the size is fixed.
     * @param least Fewest rows, 1 to 100000.
     * @param most Most rows, "least" to 100000.
     */
    public record SizingProperties(
            @Nullable Duration target,
            @Nullable Integer least,
            @Nullable Integer most) {

        Sizing over(Sizing declared) {
            return new Sizing(
                    target == null ? declared.target() : target,
                    least == null ? declared.least() : least,
                    most == null ? declared.most() : most);
        }
    }

    /** The settings of the migration that these properties are of. */
    BatchSettings over(BatchSettings declared, String migration) {
        String in = "sluice.migrations." + migration + ".";
        Sizing size = Setting.of(in + "sizing", sizing, it -> it.over(declared.sizing()));
        BatchSettings settings = declared;
        settings = Setting.change(in + "batch-size", settings, batchSize, rows -> it -> it.withBatchSize(rows));
        settings = Setting.of(
                in + "sub-batch-size",
                settings,
                it -> it.withSubBatchSize(subBatchSize == null ? it.subBatchSize() : subBatchSize, size));
        settings = Setting.change(in + "batch-pause", settings, batchPause, rest -> it -> it.withBatchPause(rest));
        settings = Setting.change(
                in + "sub-batch-pause", settings, subBatchPause, rest -> it -> it.withSubBatchPause(rest));
        settings = Setting.change(
                in + "batch-attempts", settings, batchAttempts, most -> it -> it.withBatchAttempts(most));
        return Setting.change(in + "lanes", settings, lanes, ranges -> it -> it.withLanes(ranges));
    }
}
