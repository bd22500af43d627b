package io.sluice.webflux.api;

import io.sluice.run.Failure;
import org.jspecify.annotations.Nullable;

/** What the ledger keeps of an error, without its stack. */
@Wire
record FailureView(
        String errorClass,
        String message,
        @Nullable String sqlState,
        @Nullable String constraint,
        @Nullable String table,
        @Nullable String column) {

    static @Nullable FailureView of(@Nullable Failure it) {
        return it == null
                ? null
                : new FailureView(
                        it.errorClass(), it.message(), it.sqlState(), it.constraint(), it.table(), it.column());
    }
}
