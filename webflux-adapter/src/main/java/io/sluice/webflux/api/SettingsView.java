package io.sluice.webflux.api;

import io.sluice.run.BatchSettings;
import io.sluice.run.Sizing;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a run, as they are, or as they shall be: what is absent then stays.
 *
 * @param targetMillis time of a sub-batch that its size follows; 0: the size is fixed
 */
@Wire
record SettingsView(
        @Nullable Integer batchSize,
        @Nullable Integer subBatchSize,
        @Nullable Long targetMillis,
        @Nullable Integer leastSize,
        @Nullable Integer mostSize,
        @Nullable Long batchPauseMillis,
        @Nullable Long subBatchPauseMillis,
        @Nullable Integer batchAttempts,
        @Nullable Integer lanes)
        implements Strict {

    static SettingsView of(BatchSettings it) {
        return new SettingsView(
                it.batchSize(),
                it.subBatchSize(),
                it.sizing().target().toMillis(),
                it.sizing().least(),
                it.sizing().most(),
                it.batchPause().toMillis(),
                it.subBatchPause().toMillis(),
                it.batchAttempts(),
                it.lanes());
    }

    BatchSettings over(BatchSettings now) {
        Sizing sizing = new Sizing(
                or(targetMillis, now.sizing().target()),
                or(leastSize, now.sizing().least()),
                or(mostSize, now.sizing().most()));
        return new BatchSettings(
                or(batchSize, now.batchSize()),
                or(subBatchSize, now.subBatchSize()),
                sizing,
                or(batchPauseMillis, now.batchPause()),
                or(subBatchPauseMillis, now.subBatchPause()),
                or(batchAttempts, now.batchAttempts()),
                or(lanes, now.lanes()));
    }

    private static int or(@Nullable Integer given, int now) {
        return given == null ? now : given;
    }

    private static Duration or(@Nullable Long millis, Duration now) {
        return millis == null ? now : Duration.ofMillis(millis);
    }
}
