package io.sluice.benchmarks.sidebyside;

/**
 * A question: what does one subject add to each batch of another, in microseconds?
 *
 * @param key beginning of its names in the JSON
 * @param wall the most that it may add to the time of a batch
 * @param cpu the most that it may take of the client's processors for a batch
 */
record Overhead(String key, String subject, String baseline, double wall, double cpu) {}
