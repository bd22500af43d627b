package io.sluice.sql;

import io.sluice.run.SluiceException;

/** No connection to the database of a shard. The operator must act on the database or the settings; Sluice tries again. */
public final class DatabaseUnreachableException extends SluiceException {

    private static final long serialVersionUID = 1L;

    public DatabaseUnreachableException(String shard, Throwable cause) {
        super(
                "the database of shard '" + shard + "' cannot be reached (" + cause.getMessage()
                        + "); check that it runs, its address and its credentials",
                cause);
    }
}
