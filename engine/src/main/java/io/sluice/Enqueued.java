package io.sluice;

import io.sluice.run.Run;

/**
 * What enqueueing came to on one shard.
 *
 * @param run the run as it stands; one that was there before is returned as it is
 * @param created true when it was made just now
 */
public record Enqueued(Run run, boolean created) {}
