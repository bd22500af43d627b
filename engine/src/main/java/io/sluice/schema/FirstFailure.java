package io.sluice.schema;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Of statements side by side the failure that came first; the others are told with it, and it is raised when all have ended. */
final class FirstFailure {

    private volatile @Nullable Throwable error;

    boolean isThere() {
        return error != null;
    }

    Mono<Void> keep(Throwable failure) {
        Throwable before = error;
        if (before == null) {
            error = failure;
        } else if (before != failure) {
            before.addSuppressed(failure);
        }
        return Mono.empty();
    }

    /** Errors with it; completes where there is none. */
    Mono<Void> raise() {
        Throwable failure = error;
        return failure == null ? Mono.empty() : Mono.error(failure);
    }
}
