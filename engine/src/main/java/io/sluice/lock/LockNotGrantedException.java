package io.sluice.lock;

import io.sluice.run.SluiceException;
import java.util.List;

/**
 * A lock was not to be had in all attempts. Nothing was changed. The operator must act on who is in the way, or nobody: it can
 * be tried again later.
 */
public final class LockNotGrantedException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final transient List<Blocker> blockers;

    LockNotGrantedException(String command, int attempts, List<Blocker> blockers, Throwable cause) {
        super(
                "no lock for '" + command + "' in " + attempts + (attempts == 1 ? " attempt" : " attempts")
                        + (blockers.isEmpty() ? "" : "; in the way last: " + Blockers.summary(blockers))
                        + "; end them or wait for them, then try again",
                cause);
        this.blockers = List.copyOf(blockers);
    }

    /** True: the server says only that it was a timeout. */
    @Override
    public boolean tellsMoreThanItsCause() {
        return true;
    }

    /** Who was in the way at the last attempt, as far as it was seen. */
    public List<Blocker> blockers() {
        return blockers;
    }
}
