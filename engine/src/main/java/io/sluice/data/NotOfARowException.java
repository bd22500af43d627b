package io.sluice.data;

import io.sluice.run.SluiceException;

/** What failed is not the work on a row, so no row is to be searched for: a callback, or a source that gives no items. */
final class NotOfARowException extends SluiceException {

    private static final long serialVersionUID = 1L;

    /** @param what failed; what it failed with is kept as the cause only, since messages of ours are not masked */
    NotOfARowException(String what, Throwable cause) {
        super(what, cause);
    }

    /** What is to be told of an error. */
    static Throwable cause(Throwable error) {
        Throwable cause = error instanceof NotOfARowException ? error.getCause() : null;
        return cause == null ? error : cause;
    }
}
