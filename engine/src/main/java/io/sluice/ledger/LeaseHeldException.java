package io.sluice.ledger;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/** The run is being worked on, so it cannot be removed. The caller must act: cancel it first, then remove it. */
public final class LeaseHeldException extends SluiceException {

    private static final long serialVersionUID = 1L;

    public LeaseHeldException(RunId run, String owner) {
        super("run " + run + " is leased by " + owner + " and cannot be removed; cancel or pause it first");
    }
}
