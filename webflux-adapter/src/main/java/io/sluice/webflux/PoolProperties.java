package io.sluice.webflux;

import io.sluice.sql.PoolSettings;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link PoolSettings}: the pool of a shard for short statements. Long work has connections of its own.
 *
 * @param maxSize Most connections at one time, 4 to 32.
 * @param maxIdleTime What is unused for so long is closed, 100ms to 10m.
 * @param maxAcquireTime Longest wait for a connection, 100ms to 1m.
 */
public record PoolProperties(
        @DefaultValue("4") int maxSize,
        @DefaultValue("15s") Duration maxIdleTime,
        @DefaultValue("10s") Duration maxAcquireTime) {

    PoolSettings settings(String in) {
        PoolSettings settings = PoolSettings.DEFAULTS;
        settings = Setting.of(in + ".max-size", maxSize, settings::withMaxSize);
        settings = Setting.of(in + ".max-idle-time", maxIdleTime, settings::withMaxIdleTime);
        return Setting.of(in + ".max-acquire-time", maxAcquireTime, settings::withMaxAcquireTime);
    }
}
