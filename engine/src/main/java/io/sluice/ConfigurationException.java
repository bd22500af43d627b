package io.sluice;

import io.sluice.run.SluiceException;

/** Sluice was put together wrongly, or is asked for a name it does not know. The developer must act; nothing was done. */
public final class ConfigurationException extends SluiceException {

    private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }
}
