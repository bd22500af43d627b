package io.sluice.benchmarks.sidebyside;

/**
 * A question: how fast is one subject, measured by another? 1 is as fast, more is faster.
 *
 * @param key its name in the JSON
 * @param goal the ratio that it should reach
 */
record Comparison(String key, String subject, String baseline, double goal) {}
