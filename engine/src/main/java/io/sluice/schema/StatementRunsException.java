package io.sluice.schema;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/**
 * A statement is at work, or has left something half-done: it cannot be paused, and its run cannot be removed, or nobody would
 * know whose it is. Nor can a run be dismissed whose change the catalog calls not made. The caller must choose: wait for it, or
 * cancel the run.
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

    static StatementRunsException undismissed(RunId run) {
        return new StatementRunsException(
                "run " + run + " cannot be dismissed: the catalog says that its change is not made, so the next one to"
                        + " enqueue it would begin it again; cancel it, and nobody does");
    }

    static StatementRunsException unremoved(String run) {
        return new StatementRunsException(
                "'" + run + "' has begun what may still be at work on the server, or is half-done;"
                        + " cancel it, which cleans up, and then remove it");
    }
}
