package io.sluice.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until a test moves it. Safe to be read and moved from any thread. */
public final class SettableClock extends Clock {

    private final Time time;
    private final ZoneId zone;

    private SettableClock(Time time, ZoneId zone) {
        this.time = time;
        this.zone = zone;
    }

    /** A clock in UTC that shows this time. */
    public static SettableClock at(Instant start) {
        return new SettableClock(new Time(start), ZoneOffset.UTC);
    }

    /** A clock in UTC that shows this time, given as ISO-8601: {@code 2026-01-31T12:00:00Z}. */
    public static SettableClock at(String start) {
        return at(Instant.parse(start));
    }

    /** Moves the clock, also back, to this time. */
    public void set(Instant instant) {
        time.set(instant);
    }

    /**
     * Moves the clock by this much; a negative duration moves it back.
     *
     * @return the time which it shows now
     */
    public Instant advance(Duration by) {
        return time.advance(by);
    }

    @Override
    public Instant instant() {
        return time.get();
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** The same clock seen from another zone: who moves the one moves the other. */
    @Override
    public SettableClock withZone(ZoneId other) {
        return new SettableClock(time, other);
    }

    @Override
    public String toString() {
        return "SettableClock[" + instant() + ", " + zone + "]";
    }

    /** What is shown, shared by the views of one clock from several zones. */
    private static final class Time {

        private Instant shown;

        Time(Instant start) {
            this.shown = requireNonNull(start, "start");
        }

        synchronized Instant get() {
            return shown;
        }

        synchronized void set(Instant instant) {
            shown = requireNonNull(instant, "instant");
        }

        synchronized Instant advance(Duration by) {
            shown = shown.plus(by);
            return shown;
        }
    }
}
