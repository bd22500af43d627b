package io.sluice.lock;

import java.time.Duration;
import java.util.List;

/**
 * An attempt to get a lock that failed, as it is told to who listens.
 *
 * @param number 1 for the first
 * @param blockers who was in the way, as far as it was seen
 * @param rest time until the next attempt
 */
public record FailedLockAttempt(String command, int number, List<Blocker> blockers, Duration rest) {}
