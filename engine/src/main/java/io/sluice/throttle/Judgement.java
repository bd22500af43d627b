package io.sluice.throttle;

import io.sluice.throttle.Throttle.Decision;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;

/** Turns the readings of one signal, one after the other, into decisions with their reasons. */
final class Judgement {

    private static final Logger LOG = LoggerFactory.getLogger(Judgement.class);

    /** Nobody needs to ask more often for what cannot be known. */
    private static final Duration UNKNOWN_AGAIN = Duration.ofSeconds(1);

    private static final long KNOWN = Long.MIN_VALUE;

    private final Signal signal;
    private final Scheduler scheduler;
    private final Climb climb;
    private long unknownSince = KNOWN;
    private boolean gaveUp;

    Judgement(Signal signal, Scheduler scheduler) {
        this.signal = signal;
        this.scheduler = scheduler;
        this.climb = new Climb(signal.sampling().climb());
    }

    Decision of(Reading reading) {
        long now = scheduler.now(TimeUnit.MILLISECONDS);
        Double value = reading.value();
        if (value == null) {
            return unknown(reading.words(), now);
        }
        unknownSince = KNOWN;
        gaveUp = false;
        double allowed = signal.limits().allowed(value);
        double share = climb.next(allowed, now);
        return share >= 1 ? new Throttle.Permit() : reasoned(share, allowed, reading.words());
    }

    private Decision reasoned(double share, double allowed, String words) {
        Limits limits = signal.limits();
        String hard = limits.unit().words(limits.hard());
        if (share == 0) {
            return new Throttle.Wait(
                    words + ", limit " + hard + (allowed > 0 ? "; goes on when it is well below" : ""),
                    signal.sampling().every(),
                    signal.name());
        }
        return new Throttle.Slow(
                share,
                words + ", slower from " + limits.unit().words(limits.soft()) + ", limit " + hard
                        + (share < allowed ? "; speeds up again" : ""),
                signal.name());
    }

    /** It waits, but not for ever: a measure that is gone must not stop a migration without anybody noticing. */
    private Decision unknown(String why, long now) {
        unknownSince = unknownSince == KNOWN ? now : unknownSince;
        climb.next(Climb.LOWEST, now);
        Duration longest = signal.sampling().unknownFor();
        String reason = signal.name() + " is unknown: " + why;
        if (now - unknownSince < longest.toMillis()) {
            return new Throttle.Wait(reason, UNKNOWN_AGAIN, signal.name());
        }
        if (!gaveUp) {
            LOG.warn("{}; after {} of waiting runs go on slowly", reason, longest);
        }
        gaveUp = true;
        return new Throttle.Slow(
                Climb.LOWEST,
                reason + "; goes on slowly after " + Unit.MILLISECONDS.words((double) longest.toMillis()),
                signal.name());
    }
}
