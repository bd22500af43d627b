package io.sluice.benchmarks.sidebyside;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is to stay below a goal: a time, or how many times of another.
 *
 * @param value the median of what was seen, with its interval
 * @param goal the most that it may be
 */
record Limit(Ratio value, String unit, double goal) {

    private static final String TIMES = "times";

    static Limit of(String key, String what, String unit, double goal, List<Double> seen) {
        return new Limit(Ratio.of(key, what, seen), unit, goal);
    }

    /** How many times of another, and as such not known where its interval is too wide. */
    static Limit times(String key, String what, double goal, List<Double> seen) {
        return of(key, what, TIMES, goal, seen);
    }

    boolean isKnown() {
        return !unit.equals(TIMES) || value.isKnown();
    }

    /** The median as it is told to programs; null where it is not known. */
    @Nullable
    Double known() {
        return isKnown() ? (Double) value.rounded() : null;
    }

    boolean isKept() {
        return value.median() <= goal;
    }
}
