package io.sluice.schema;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/**
 * A statement is at work, or has left something half-done: it cannot be paused, and its run cannot be removed, or nobody would
 * know whose it is. The caller must choose: wait for it, or cancel the run.
 */
public final class StatementRunsException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private StatementRunsException(String message) {
        super(message);
    }

    static StatementRunsException unpaused(RunId run) {
        return new StatementRunsException(
                "run " + run + " is one statement at work, which cannot be paused; wait for its end, or cancel it");
    }

    static StatementRunsException unremoved(String run) {
        return new StatementRunsException(
                "'" + run + "' has begun what may still be at work on the server, or is half-done;"
                        + " cancel it, which cleans up, and then remove it");
    }
}
