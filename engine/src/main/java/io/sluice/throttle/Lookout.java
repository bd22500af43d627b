package io.sluice.throttle;

import io.sluice.sql.Connections;
import reactor.core.scheduler.Scheduler;

/**
 * From where a throttle looks at one shard.
 *
 * @param connections those of the engine itself, which short statements share
 * @param scheduler time, and every wait
 */
public record Lookout(Connections connections, Scheduler scheduler) {}
