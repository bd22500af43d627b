package io.sluice.data;

import org.jspecify.annotations.Nullable;

/** When the commit of a sub-batch is answered. */
public enum CommitMode {

    /**
     * At once, before it is on disk (<a href="https://www.postgresql.org/docs/current/wal-async-commit.html">asynchronous commit</a>).
     * A crash of the server takes back the last of them, those of half a second or so, each as a whole: the work and its checkpoint
     * are one transaction, so it is done again and nothing is done twice. The status of a run is committed as the database is
     * configured, and whoever reads that it SUCCEEDED knows that all before it is on disk, as the log is in order.
     */
    ASYNCHRONOUS("off"),

    /** As the database is configured: by default when it is on disk, with synchronous standbys when they have it, too. */
    AS_CONFIGURED(null);

    private final @Nullable String synchronousCommit;

    CommitMode(@Nullable String synchronousCommit) {
        this.synchronousCommit = synchronousCommit;
    }

    /** The value of {@code synchronous_commit} as an SQL literal; {@code null} as one where it stays as it is. */
    String literal() {
        return synchronousCommit == null ? "null" : "'" + synchronousCommit + "'";
    }
}
