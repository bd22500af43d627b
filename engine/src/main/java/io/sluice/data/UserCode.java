package io.sluice.data;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Calls of code that users brought: whatever goes wrong there is an error of the publisher. */
final class UserCode {

    private UserCode() {}

    /** A class that is missing must fail the batch; Reactor would throw such an error at whoever is on the thread. */
    static <T> Publisher<T> called(Supplier<? extends @Nullable Publisher<T>> code) {
        try {
            return Objects.requireNonNull(code.get(), "the code of the migration gave no publisher");
        } catch (LinkageError e) {
            return Mono.error(new IllegalStateException("the code of the migration cannot be linked: " + e, e));
        } catch (RuntimeException e) {
            return Mono.error(e);
        }
    }
}
