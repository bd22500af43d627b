package io.sluice.webflux;

import io.sluice.worker.Retention;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link Retention}.
 *
 * @param batches Age at which finished batches are folded into ranges.
 * @param events Age at which events are forgotten.
 */
public record RetentionProperties(
        @DefaultValue("7d") Duration batches,
        @DefaultValue("30d") Duration events) {

    Retention settings() {
        return Setting.of("sluice.retention", this, it -> new Retention(batches, events));
    }
}
