package io.sluice.schema;

import io.sluice.run.SluiceException;

/**
 * A statement went on when its connection or its worker was gone, and came to nothing: the server told why to nobody. It is tried
 * again, as another attempt. Where that happens each time, the operator must look for what cuts connections on the way.
 */
public final class StatementLostException extends SluiceException {

    private static final long serialVersionUID = 1L;

    StatementLostException(String what) {
        super("'" + what
                + "' went on without a connection and came to nothing, and nobody heard why; the log of the server"
                + " says it. If it happens again, look for what cuts connections that are silent for long");
    }
}
