package io.sluice.webflux;

import io.sluice.lock.LockRetrier;
import io.sluice.schema.BlockerPolicy;
import io.sluice.schema.SchemaSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link SchemaSettings}. How locks are asked for is a bean of type {@link LockRetrier}.
 *
 * @param oldTransaction Age from which a transaction that would stall a build is waited for, 0 (do not look) to 1d.
 * @param patience How long that wait holds the lease before the run is handed back for later, 0 to 1h.
 * @param statementTimeout Longest statement that is no concurrent build, 10ms to 30d.
 * @param stall Time without progress and without anybody in the way after which a build is given up, 1s to 30d.
 * @param partitionsAtOnce Partitions whose index is built at one time, 1 to 16.
 * @param blockers What is done to sessions that are in the way for long.
 * @param showQueries Whether texts of the queries of those who are in the way may be told.
 */
public record SchemaProperties(
        @DefaultValue("5s") Duration oldTransaction,
        @DefaultValue("50s") Duration patience,
        @DefaultValue("1h") Duration statementTimeout,
        @DefaultValue("30m") Duration stall,
        @DefaultValue("2") int partitionsAtOnce,
        @NestedConfigurationProperty @DefaultValue Blockers blockers,
        @DefaultValue("false") boolean showQueries) {

    /**
     * {@link BlockerPolicy}.
     *
     * @param action What is done: they are waited for, their statement is cancelled, or their session is terminated.
     * @param olderThan Age of the session's transaction from which on it is warned of, 1s to 30d.
     * @param warning Time between the warning, which is an event, and the deed, 0 to 1d.
     */
    public record Blockers(
            @DefaultValue("wait") BlockerPolicy.Action action,
            @DefaultValue("30d") Duration olderThan,
            @DefaultValue("0s") Duration warning) {

        BlockerPolicy policy() {
            return Setting.of("sluice.schema.blockers", this, it -> new BlockerPolicy(action, olderThan, warning));
        }
    }

    SchemaSettings settings(@Nullable LockRetrier locks) {
        return Setting.of(
                "sluice.schema",
                this,
                it -> new SchemaSettings(
                        locks == null ? SchemaSettings.DEFAULTS.locks() : locks,
                        oldTransaction,
                        patience,
                        statementTimeout,
                        stall,
                        partitionsAtOnce,
                        blockers.policy(),
                        showQueries));
    }
}
