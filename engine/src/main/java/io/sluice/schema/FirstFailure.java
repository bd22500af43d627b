package io.sluice.schema;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Of statements side by side the failure that came first; the others are told with it, and it is raised when all have ended. */
final class FirstFailure {

    private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();

    boolean isThere() {
        return error.get() != null;
    }

    Mono<Void> keep(Throwable failure) {
        if (!error.compareAndSet(null, failure)) {
            Throwable first = error.get();
            if (first != null && first != failure) {
                first.addSuppressed(failure);
            }
        }
        return Mono.empty();
    }

    /** Errors with it; completes where there is none. */
    Mono<Void> raise() {
        Throwable failure = error.get();
        return failure == null ? Mono.empty() : Mono.error(failure);
    }
}
