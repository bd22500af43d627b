package io.sluice.webflux.api;

import io.sluice.run.AuditedBatch;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch as the audit keeps it. */
@Wire
record BatchView(
        long number,
        int pass,
        String status,
        int attempts,
        @Nullable List<String> lower,
        @Nullable List<String> upper,
        long rowsSeen,
        long rowsChanged,
        long workingMillis,
        long batches,
        Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable FailureView failure) {

    static BatchView of(AuditedBatch it) {
        return new BatchView(
                it.number(),
                it.pass(),
                it.status().name(),
                it.attempts(),
                it.lower(),
                it.upper(),
                it.rowsSeen(),
                it.rowsChanged(),
                it.working().toMillis(),
                it.batches(),
                it.started(),
                it.finished(),
                FailureView.of(it.failure()));
    }
}
