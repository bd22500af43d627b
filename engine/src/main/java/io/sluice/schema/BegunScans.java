package io.sluice.schema;

import io.sluice.schema.Sightings.Sighting;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which sessions were seen on their way through the blocks of a phase. Only of those does a count that is at its end mean that all are
 * done: PostgreSQL 14 shows all blocks as done until the first one is, and a progress bar that believed it would stand there for the
 * whole scan, as it never falls.
 */
final class BegunScans {

    /** By session, the phase. A session builds one index after the other, so a phase that was left is forgotten. */
    private final Map<Integer, String> begun = new ConcurrentHashMap<>();

    /** Takes note of a look at a session, and returns it with what is known. */
    Sighting seen(Sighting session) {
        boolean isOnItsWay = session.blocks().done() < session.blocks().total();
        String phase = begun.compute(
                session.pid(), (pid, before) -> isOnItsWay || session.phase().equals(before) ? session.phase() : null);
        return session.withBegun(phase != null);
    }
}
