package io.sluice.data;

import io.sluice.run.Failure;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.SluiceException;

/**
 * All is done but the rows in quarantine. The operator must act: mend them and retry the run, which takes up only these, or
 * dismiss them.
 */
public final class RowsQuarantinedException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final long rows;

    RowsQuarantinedException(RunId run, long rows, Failure first) {
        super("QUARANTINED: run " + run + " has migrated all rows but " + rows
                + ", which are in quarantine, first with " + first.summary() + "; mend and retry, or dismiss them");
        this.rows = rows;
    }

    /** True when a run has FAILED for nothing else. */
    public static boolean isWhyFailed(Run run) {
        Failure failure = run.failure();
        return run.status() == RunStatus.FAILED
                && failure != null
                && failure.errorClass().equals(RowsQuarantinedException.class.getName());
    }

    public long rows() {
        return rows;
    }
}
