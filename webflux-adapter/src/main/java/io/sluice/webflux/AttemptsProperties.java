package io.sluice.webflux;

import io.sluice.run.RetryPolicy;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Waits between the attempts of a run as a whole. Their number is given when the run is enqueued.
 *
 * @param base Bound of the first wait, 1ms to "longest"; it doubles with each further failure.
 * @param longest Bound of any wait, "base" to 1d.
 */
public record AttemptsProperties(
        @DefaultValue("5s") Duration base,
        @DefaultValue("10m") Duration longest) {

    RetryPolicy policy() {
        return Setting.of(
                "sluice.attempts", this, it -> new RetryPolicy(RetryPolicy.DEFAULTS.maxAttempts(), base, longest));
    }
}
