package io.sluice.sql;

import io.sluice.run.SluiceException;

/**
 * No connection to the database of a shard. The operator must act on the database or the settings; Sluice tries again. The message
 * quotes the driver, which tells addresses and users: it is for logs, and not for who asks from outside.
 */
public final class DatabaseUnreachableException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final String shard;

    public DatabaseUnreachableException(String shard, Throwable cause) {
        super(
                "the database of shard '" + shard + "' cannot be reached (" + cause.getMessage()
                        + "); check that it runs, its address and its credentials",
                cause);
        this.shard = shard;
    }

    /** Whose database it is. */
    public String shard() {
        return shard;
    }
}
