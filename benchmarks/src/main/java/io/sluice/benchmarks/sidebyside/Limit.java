package io.sluice.benchmarks.sidebyside;

import java.util.List;

/**
 * Something that is to stay below a goal: a time, or how many times of another.
 *
 * @param value the median of what was seen, with its interval
 * @param goal the most that it may be
 */
record Limit(Ratio value, String unit, double goal) {

    static Limit of(String key, String what, String unit, double goal, List<Double> seen) {
        return new Limit(Ratio.of(key, what, seen), unit, goal);
    }

    boolean isKept() {
        return value.median() <= goal;
    }
}
