package io.sluice.webflux.api;

import io.sluice.run.Progress;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is.
 *
 * @param total rows to pass; totalKind says how well that is known: EXACT, ESTIMATE or UNKNOWN
 * @param percent 0 to 100; absent while the total is not known
 * @param etaMillis what the present pass still takes at the recent rate
 * @param throttledMillis time in which it did nothing because of the throttle
 */
@Wire
record ProgressView(
        String run,
        String status,
        String phase,
        long rowsSeen,
        long seenInPass,
        long rowsChanged,
        long total,
        String totalKind,
        @Nullable Double percent,
        double rowsPerSecond,
        @Nullable Long etaMillis,
        @Nullable String reason,
        long throttledMillis) {

    static ProgressView of(Progress it) {
        OptionalDouble percent = it.percent();
        return new ProgressView(
                it.run().toString(),
                it.status().name(),
                it.phase().name(),
                it.rowsSeen(),
                it.seenInPass(),
                it.rowsChanged(),
                it.total().rows(),
                it.total().kind().name(),
                percent.isPresent() ? percent.getAsDouble() : null,
                it.rowsPerSecond(),
                it.eta() == null ? null : it.eta().toMillis(),
                it.reason(),
                it.throttled().toMillis());
    }
}
