package io.sluice.data;

import io.sluice.run.RetryPolicy;
import java.time.Duration;
import java.util.Objects;

/**
 * How data runs are driven, apart from what each run says itself.
 *
 * @param limits timeouts of a sub-batch's transaction
 * @param transientRetries tries in a row after connection losses, deadlocks, lock timeouts and the like, before the run is
 *     ERRORED; default 20, from 100 ms to 10 s apart
 * @param batchRetries waits between the attempts of a batch; their number is a setting of the run
 * @param quarantine rows that may stay behind before a run is given up
 * @param commit when the commit of a sub-batch is answered; default {@link CommitMode#AS_CONFIGURED}
 * @param takeoverPatience how long a sub-batch of a former holder may take before its backend is terminated; default 2 s
 */
public record DataSettings(
        TransactionLimits limits,
        RetryPolicy transientRetries,
        RetryPolicy batchRetries,
        QuarantineBudget quarantine,
        CommitMode commit,
        Duration takeoverPatience) {

    public static final DataSettings DEFAULTS = new DataSettings(
            TransactionLimits.DEFAULTS,
            new RetryPolicy(20, Duration.ofMillis(100), Duration.ofSeconds(10)),
            RetryPolicy.DEFAULTS,
            QuarantineBudget.DEFAULTS,
            CommitMode.AS_CONFIGURED,
            Duration.ofSeconds(2));

    public DataSettings {
        Objects.requireNonNull(commit, "commit");
        if (takeoverPatience.isNegative() || takeoverPatience.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("takeover patience must be 0..10 minutes, was " + takeoverPatience);
        }
    }

    public DataSettings withLimits(TransactionLimits other) {
        return new DataSettings(other, transientRetries, batchRetries, quarantine, commit, takeoverPatience);
    }

    public DataSettings withTransientRetries(RetryPolicy other) {
        return new DataSettings(limits, other, batchRetries, quarantine, commit, takeoverPatience);
    }

    public DataSettings withBatchRetries(RetryPolicy other) {
        return new DataSettings(limits, transientRetries, other, quarantine, commit, takeoverPatience);
    }

    public DataSettings withTakeoverPatience(Duration other) {
        return new DataSettings(limits, transientRetries, batchRetries, quarantine, commit, other);
    }

    public DataSettings withCommit(CommitMode other) {
        return new DataSettings(limits, transientRetries, batchRetries, quarantine, other, takeoverPatience);
    }

    public DataSettings withQuarantine(QuarantineBudget other) {
        return new DataSettings(limits, transientRetries, batchRetries, other, commit, takeoverPatience);
    }
}
