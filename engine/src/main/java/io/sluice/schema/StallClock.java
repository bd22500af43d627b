package io.sluice.schema;

import io.sluice.schema.Sightings.Sighting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import reactor.core.scheduler.Scheduler;

/**
 * Tells when a build stands still. Its clock runs only while builds are seen in phases that the server counts, and nobody is in
 * the way of any: of sorting, of asking for locks and of statements that build nothing it knows nothing. Where sessions ought
 * to be and none is, the connection is lost, whatever our end of it says.
 */
final class StallClock {

    /** A session that is there may be missed by a look, but not for that long. */
    private static final Duration MISSED = Duration.ofSeconds(30);

    private final Duration longest;
    private final IntSupplier expected;
    private final Scheduler scheduler;
    private String last = "";
    private long moved;
    private long there;

    /**
     * @param longest time without progress
     * @param expected how many sessions are at work, as far as we know
     */
    StallClock(Duration longest, IntSupplier expected, Scheduler scheduler) {
        this.longest = longest;
        this.expected = expected;
        this.scheduler = scheduler;
        this.moved = now();
        this.there = moved;
    }

    /**
     * Hears of each look. Looks follow each other, so nothing here is done twice at once.
     *
     * @throws BuildStalledException when nothing has moved for too long
     * @throws UncheckedIOException when a session is gone of which we wait for an answer
     */
    void seen(List<Sighting> sessions) {
        long now = now();
        if (sessions.size() >= expected.getAsInt()) {
            there = now;
        } else if (now - there > MISSED.toMillis()) {
            throw new UncheckedIOException(
                    new IOException("the server has no session any more of a statement whose answer is awaited"));
        }
        String signature = sessions.stream().map(Sighting::signature).collect(Collectors.joining(" "));
        if (!isRunning(sessions) || !signature.equals(last)) {
            last = signature;
            moved = now;
        } else if (now - moved > longest.toMillis()) {
            throw new BuildStalledException(sessions.get(0).phase(), longest);
        }
    }

    private static boolean isRunning(List<Sighting> sessions) {
        List<Sighting> builds = sessions.stream().filter(Sighting::builds).toList();
        return !builds.isEmpty()
                && builds.stream().allMatch(Sighting::counts)
                && sessions.stream().allMatch(it -> it.blockers().isEmpty());
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
