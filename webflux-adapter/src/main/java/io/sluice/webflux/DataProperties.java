package io.sluice.webflux;

import io.sluice.data.CommitMode;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudget;
import io.sluice.data.TransactionLimits;
import java.time.Duration;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link DataSettings}.
 *
 * @param commit When the commit of a sub-batch is answered: as-configured in the database, or asynchronous (before it is on disk).
 * @param takeoverPatience How long a sub-batch of a former holder may take before its backend is terminated, 0 to 10m.
 */
public record DataProperties(
        @DefaultValue Limits limits,
        @NestedConfigurationProperty @DefaultValue RetryProperties transientRetries,
        @NestedConfigurationProperty @DefaultValue RetryProperties batchRetries,
        @DefaultValue Quarantine quarantine,
        @DefaultValue("as-configured") CommitMode commit,
        @DefaultValue("2s") Duration takeoverPatience) {

    /**
     * {@link TransactionLimits}.
     *
     * @param statement Longest statement, 10ms to 1d.
     * @param lock Longest wait for a lock, 1ms to 1h.
     * @param idle Longest silence of a transaction in code form, 10ms to 1d; two thirds of the lease at most, whatever is given.
     */
    public record Limits(
            @DefaultValue("30s") Duration statement,
            @DefaultValue("2s") Duration lock,
            @DefaultValue("20s") Duration idle) {

        TransactionLimits settings() {
            String in = "sluice.data.limits.";
            TransactionLimits limits = TransactionLimits.DEFAULTS;
            limits = Setting.of(in + "statement", statement, limits::withStatement);
            limits = Setting.of(in + "lock", lock, limits::withLock);
            return Setting.of(in + "idle", idle, limits::withIdle);
        }
    }

    /**
     * {@link QuarantineBudget}.
     *
     * @param rows Most rows in quarantine, 0 to 1000000.
     * @param share Most of the rows of the run, as a share, above 0 to 1.
     */
    public record Quarantine(
            @DefaultValue("50") long rows,
            @DefaultValue("0.01") double share) {

        QuarantineBudget settings() {
            return Setting.of("sluice.data.quarantine", this, it -> new QuarantineBudget(rows, share));
        }
    }

    DataSettings settings() {
        DataSettings settings = DataSettings.DEFAULTS
                .withLimits(limits.settings())
                .withTransientRetries(transientRetries.over(
                        DataSettings.DEFAULTS.transientRetries(), "sluice.data.transient-retries"))
                .withBatchRetries(batchRetries.over(DataSettings.DEFAULTS.batchRetries(), "sluice.data.batch-retries"))
                .withQuarantine(quarantine.settings())
                .withCommit(commit);
        return Setting.of("sluice.data.takeover-patience", takeoverPatience, settings::withTakeoverPatience);
    }
}
