package io.sluice.run;

import org.jspecify.annotations.Nullable;

/**
 * What is kept of an error: enough to find its cause, nothing of the rows. DETAIL, HINT and CONTEXT of the server are never
 * here, and quoted values in the message are masked unless the settings say to keep them.
 *
 * @param errorClass class name of the error
 * @param message message with its quoted values masked
 * @param sqlState five characters of SQLSTATE when the server raised it
 * @param constraint constraint it names
 * @param table table it names
 * @param column column it names
 * @param stack frames without messages, causes included
 */
public record Failure(
        String errorClass,
        String message,
        @Nullable String sqlState,
        @Nullable String constraint,
        @Nullable String table,
        @Nullable String column,
        @Nullable String stack) {

    /** One line for logs and for the messages of errors. */
    public String summary() {
        return errorClass + (sqlState == null ? "" : " [" + sqlState + "]") + ": " + message;
    }
}
