package io.sluice.data;

import io.sluice.run.SluiceException;
import java.time.Duration;

/** The throttle has said wait for so long that the run is handed back. Nobody must act: it goes on when the reason is gone. */
final class ThrottledException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final transient Duration askAgain;

    ThrottledException(String reason, Duration askAgain) {
        super("throttled: " + reason);
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
