package io.sluice.ledger;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.run.Arguments;
import io.sluice.run.Failure;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads rows of {@code run}, and of others with the same columns for errors. */
final class RunRows {

    private RunRows() {}

    static Run run(String shard, Readable row) {
        return new Run(
                new RunId(shard, requireNonNull(row.get("id", Long.class))),
                RunKind.valueOf(text(row, "kind")),
                text(row, "name"),
                Arguments.parse(text(row, "arguments")),
                requireNonNull(row.get("generation", Integer.class)),
                status(row, "status"),
                new Run.Attempts(
                        requireNonNull(row.get("attempts", Integer.class)),
                        requireNonNull(row.get("max_attempts", Integer.class)),
                        row.get("next_attempt_at", Instant.class)),
                row.get("throttle_reason", String.class),
                holder(row),
                failure(row),
                new Run.Times(
                        requireNonNull(row.get("created_at", Instant.class)),
                        row.get("started_at", Instant.class),
                        row.get("finished_at", Instant.class)));
    }

    static RunStatus status(Readable row, String column) {
        return RunStatus.valueOf(text(row, column));
    }

    static String text(Readable row, String column) {
        return requireNonNull(row.get(column, String.class));
    }

    static long number(Readable row, String column) {
        return requireNonNull(row.get(column, Long.class));
    }

    static @Nullable Failure failure(Readable row) {
        String errorClass = row.get("error_class", String.class);
        return errorClass == null
                ? null
                : new Failure(
                        errorClass,
                        text(row, "error_message"),
                        row.get("error_sqlstate", String.class),
                        row.get("error_constraint", String.class),
                        row.get("error_table", String.class),
                        row.get("error_column", String.class),
                        row.get("error_stack", String.class));
    }

    private static Run.@Nullable Holder holder(Readable row) {
        String owner = row.get("lease_owner", String.class);
        return owner == null
                ? null
                : new Run.Holder(
                        owner, number(row, "lease_token"), requireNonNull(row.get("lease_expires_at", Instant.class)));
    }
}
