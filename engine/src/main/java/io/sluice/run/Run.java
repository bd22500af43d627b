package io.sluice.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One durable execution of a migration on one shard, as its ledger row stood when it was read.
 *
 * @param generation 1 for the first run of (name, arguments) on its shard; higher after {@code again()}
 * @param throttleReason why it waits, when it was handed back for the health of the database
 * @param lease who holds it; null where nobody does
 * @param failure the last error; null when there was none, or when it was retried since
 */
public record Run(
        RunId id,
        RunKind kind,
        String name,
        Arguments arguments,
        int generation,
        RunStatus status,
        Attempts attempts,
        @Nullable String throttleReason,
        @Nullable Holder lease,
        @Nullable Failure failure,
        Times times) {

    /**
     * How often it was tried.
     *
     * @param spent attempts that ended in an error since the last retry
     * @param max attempts after which the run is FAILED
     * @param nextAt not to be claimed before; null: at once
     */
    public record Attempts(int spent, int max, @Nullable Instant nextAt) {}

    /** Who holds the lease, by the fencing token, and until when by the clock of the database. */
    public record Holder(String owner, long token, Instant expiresAt) {}

    /** When what happened, by the clock of the database. */
    public record Times(
            Instant created,
            @Nullable Instant started,
            @Nullable Instant finished) {}
}
