/**
 * Sluice moves a live PostgreSQL database from one shape to another while it serves traffic.
 *
 * <p>The story of a migration, in the order of the packages: a developer declares it ({@code data}); it is enqueued as a
 * {@code run} in the {@code ledger} of each {@code shard}; a {@code worker} claims the run, keeps its lease and drives it,
 * sub-batch by sub-batch, each one transaction with its checkpoint, as fast as demand, the {@code throttle} and the settings
 * allow; what happens is told as an {@code event}. {@link io.sluice.Sluice} is the door to all of it.
 */
@NullMarked
package io.sluice;

import org.jspecify.annotations.NullMarked;
