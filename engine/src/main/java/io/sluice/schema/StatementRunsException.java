package io.sluice.schema;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/** A single statement is at work, and a statement cannot be paused. The caller must choose: wait for it, or cancel the run. */
public final class StatementRunsException extends SluiceException {

    private static final long serialVersionUID = 1L;

    StatementRunsException(RunId run) {
        super("run " + run + " is one statement at work, which cannot be paused; wait for its end, or cancel it");
    }
}
