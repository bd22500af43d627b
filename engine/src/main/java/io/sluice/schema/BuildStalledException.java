package io.sluice.schema;

import io.sluice.run.SluiceException;
import java.time.Duration;

/** A build made no progress for long, and nobody was in its way. It was cancelled. The operator must look at the server. */
public final class BuildStalledException extends SluiceException {

    private static final long serialVersionUID = 1L;

    BuildStalledException(String phase, Duration stall) {
        super("no progress for " + stall + " in phase '" + phase + "', and nobody is in the way; it was cancelled."
                + " Look at the disks and the load of the server, then retry");
    }
}
