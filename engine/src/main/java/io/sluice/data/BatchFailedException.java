package io.sluice.data;

import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/** All attempts of a batch are spent. The operator must act: mend the cause, then retry the run; it goes on at this batch. */
public final class BatchFailedException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final long batch;

    BatchFailedException(RunId run, long batch, int attempts, Failure failure, Throwable cause) {
        super(
                "batch " + batch + " of run " + run + " failed in all of its " + attempts + " attempts, last with "
                        + failure.summary() + "; mend the cause and retry the run",
                cause);
        this.batch = batch;
    }

    /** Number of the batch in the ledger, which has its range and its errors. */
    public long batch() {
        return batch;
    }
}
