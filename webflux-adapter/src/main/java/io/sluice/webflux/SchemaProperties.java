package io.sluice.webflux;

import io.sluice.lock.LockRetrier;
import io.sluice.schema.SchemaSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link SchemaSettings}. How locks are asked for is a bean of type {@link LockRetrier}; what is done to sessions that are in the way
 * is said by a {@link SluiceBuilderCustomizer}.
 *
 * @param oldTransaction Age from which a transaction that would stall a build is waited for, 0 (do not look) to 1d.
 * @param patience How long that wait holds the lease before the run is handed back for later, 0 to 1h.
 * @param statementTimeout Longest statement that is no concurrent build, 10ms to 30d.
 * @param stall Time without progress and without anybody in the way after which a build is given up, 1s to 30d.
 * @param partitionsAtOnce Partitions whose index is built at one time, 1 to 16.
 * @param showQueries Whether texts of the queries of those who are in the way may be told.
 */
public record SchemaProperties(
        @DefaultValue("5s") Duration oldTransaction,
        @DefaultValue("50s") Duration patience,
        @DefaultValue("1h") Duration statementTimeout,
        @DefaultValue("30m") Duration stall,
        @DefaultValue("2") int partitionsAtOnce,
        @DefaultValue("false") boolean showQueries) {

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
                        SchemaSettings.DEFAULTS.blockers(),
                        showQueries));
    }
}
