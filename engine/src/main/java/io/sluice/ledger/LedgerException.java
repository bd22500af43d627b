package io.sluice.ledger;

import io.sluice.run.SluiceException;
import org.jspecify.annotations.Nullable;

/** The ledger of a shard cannot be used as it is. The operator must act; nothing was changed. */
public final class LedgerException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private LedgerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static LedgerException missing(String shard, LedgerName name, @Nullable Throwable cause) {
        return new LedgerException(
                "shard '" + shard + "' has no ledger in schema '" + name.schema() + "'; call install() first", cause);
    }

    static LedgerException outdated(String shard, int version, int needed) {
        return new LedgerException(
                "the ledger of shard '" + shard + "' has version " + version + ", this engine needs " + needed
                        + "; call install() with this engine",
                null);
    }

    static LedgerException tooNew(String shard, int version, int lowest, int ours) {
        return new LedgerException(
                "the ledger of shard '" + shard + "' has version " + version
                        + " and may be used by engines of ledger version " + lowest + " or newer, this one has " + ours
                        + "; deploy a newer engine",
                null);
    }

    static LedgerException denied(String shard, LedgerName name, Throwable cause) {
        return new LedgerException(
                "no right to install the ledger of shard '" + shard + "' (" + cause.getMessage()
                        + "); grant CREATE on the database, or let its owner create schema '" + name.schema()
                        + "' and grant CREATE and USAGE on it to this user; nothing was changed",
                cause);
    }

    static LedgerException unreadable(String shard, LedgerName name, Throwable cause) {
        return new LedgerException(
                "no right to use the ledger of shard '" + shard + "' (" + cause.getMessage()
                        + "); grant USAGE on schema '" + name.schema()
                        + "' and the rights on what is in it to this user",
                cause);
    }
}
