package io.sluice.run;

import org.jspecify.annotations.Nullable;

/**
 * The root of every error that Sluice raises by itself. The message of each says what was wrong, who must act and what to
 * do next; errors of the driver are kept as causes.
 */
public abstract class SluiceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected SluiceException(String message) {
        super(message);
    }

    protected SluiceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * True where the message says what people need to know and the error of the database that is its cause does not; that one is
     * reported otherwise. Such a message shows no values of rows.
     */
    public boolean tellsMoreThanItsCause() {
        return false;
    }
}
