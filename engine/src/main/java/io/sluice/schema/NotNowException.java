package io.sluice.schema;

import java.time.Duration;

/** Raised to leave a story which has to wait for longer than its lease should be held; it is an outcome, not an error. */
final class NotNowException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final Duration askAgain;

    NotNowException(String reason, Duration askAgain) {
        super(reason, null, false, false);
        this.reason = reason;
        this.askAgain = askAgain;
    }

    String reason() {
        return reason;
    }

    Duration askAgain() {
        return askAgain;
    }
}
