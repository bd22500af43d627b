package io.sluice.ledger;

import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/** Somebody else works on the run now. Nobody must act: this worker stops, and what it had not committed is rolled back. */
public final class LeaseLostException extends SluiceException {

    private static final long serialVersionUID = 1L;

    public LeaseLostException(RunId run, String why) {
        super("the lease of run " + run + " is lost (" + why + "); another worker goes on with it");
    }
}
