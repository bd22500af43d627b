package io.sluice.webflux.api;

import io.sluice.run.QuarantinedKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A row that could not be migrated. */
@Wire
record QuarantineView(
        long number,
        List<String> key,
        int attempts,
        Instant at,
        @Nullable FailureView failure) {

    static QuarantineView of(QuarantinedKey it) {
        return new QuarantineView(it.number(), it.key(), it.attempts(), it.at(), FailureView.of(it.failure()));
    }
}
