package io.sluice.data;

import io.sluice.run.SluiceException;
import org.jspecify.annotations.Nullable;

/** A migration does not fit the database, or is declared wrongly. The developer must act; nothing was done. */
public final class DefinitionException extends SluiceException {

    private static final long serialVersionUID = 1L;

    public DefinitionException(String message) {
        super(message);
    }

    public DefinitionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
