package io.sluice.webflux;

import io.sluice.run.RetryPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RetryPolicy}; what is not given is as the engine has it.
 *
 * @param maxAttempts Attempts in all, 1 to 1000.
 * @param base Bound of the first wait, 1ms to "longest"; it doubles with each further failure.
 * @param longest Bound of any wait, "base" to 1d.
 */
public record RetryProperties(
        @Nullable Integer maxAttempts,
        @Nullable Duration base,
        @Nullable Duration longest) {

    RetryPolicy over(RetryPolicy defaults, String property) {
        return Setting.of(
                property,
                this,
                it -> new RetryPolicy(
                        maxAttempts == null ? defaults.maxAttempts() : maxAttempts,
                        base == null ? defaults.base() : base,
                        longest == null ? defaults.longest() : longest));
    }
}
