package io.sluice.worker;

import java.time.Duration;

/**
 * How long the ledger keeps what it no longer needs.
 *
 * @param batches age at which finished batches are folded into ranges: default 7 days
 * @param events age at which events are forgotten: default 30 days
 */
public record Retention(Duration batches, Duration events) {

    public static final Retention DEFAULTS = new Retention(Duration.ofDays(7), Duration.ofDays(30));

    public Retention {
        if (batches.isNegative() || events.isNegative()) {
            throw new IllegalArgumentException(
                    "ages must not be negative, were batches " + batches + ", events " + events);
        }
    }
}
