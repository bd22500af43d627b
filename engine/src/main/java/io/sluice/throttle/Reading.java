package io.sluice.throttle;

import org.jspecify.annotations.Nullable;

/**
 * What a probe saw.
 *
 * @param value in the unit of its signal; null: it cannot be known
 * @param words the same for people, or why it cannot be known
 */
record Reading(@Nullable Double value, String words) {

    static Reading of(double value, String words) {
        return new Reading(value, words);
    }

    static Reading unknown(String why) {
        return new Reading(null, why);
    }

    /** The role sees its own sessions only: the manual, section 22.5 "Predefined Roles". */
    static Reading hidden(String view) {
        return unknown("this role may not see all of " + view + "; grant pg_monitor to it");
    }

    /** There is nothing of the kind here, so nothing is wrong with it. */
    static Reading nothing() {
        return new Reading(0.0, "nothing");
    }
}
