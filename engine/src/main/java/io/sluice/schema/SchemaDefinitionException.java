package io.sluice.schema;

import io.sluice.run.SluiceException;
import org.jspecify.annotations.Nullable;

/** A schema migration does not fit the database, or is declared wrongly. The developer must act; nothing was done. */
public final class SchemaDefinitionException extends SluiceException {

    private static final long serialVersionUID = 1L;

    SchemaDefinitionException(String message) {
        super(message);
    }

    SchemaDefinitionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** True: the server does not know of which index or table it is. */
    @Override
    public boolean tellsMoreThanItsCause() {
        return true;
    }
}
