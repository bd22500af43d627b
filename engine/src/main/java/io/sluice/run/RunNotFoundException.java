package io.sluice.run;

/** No such run in the ledger. The caller must act: the name, the arguments or the shard are wrong, or it was removed. */
public final class RunNotFoundException extends SluiceException {

    private static final long serialVersionUID = 1L;

    public RunNotFoundException(String what) {
        super("no run " + what + " in the ledger; see runs() for those there are");
    }
}
