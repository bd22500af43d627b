package io.sluice.data;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/**
 * The work is done, yet rows still match what the migration declares as remaining. The developer must act: the statement does
 * not do what the predicate says, or the application goes on writing rows in the old form.
 */
public final class RowsLeftException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final long rows;

    RowsLeftException(RunId run, long rows, int sweeps) {
        super("run " + run + " has " + rows + " rows left after " + sweeps
                + " sweeps; either its work does not clear the declared remaining predicate, or rows are still written in the"
                + " old form");
        this.rows = rows;
    }

    public long rows() {
        return rows;
    }
}
