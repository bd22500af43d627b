package io.sluice.ledger;

import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/** Another schema run works on the table, or on another table of its partition tree. Nobody must act: try again when it is over. */
public final class TableInUseException extends SluiceException {

    private static final long serialVersionUID = 1L;

    TableInUseException(RunId run, Run holder) {
        super("run " + run + " must wait: run " + holder.id() + " of '" + holder.name()
                + "' works on its table; try again when that is over, or cancel it");
    }
}
