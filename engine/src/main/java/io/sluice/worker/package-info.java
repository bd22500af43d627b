/** Who does it: the worker of each shard, what it may claim, how it keeps its leases and how it lets go of a run. */
@NullMarked
package io.sluice.worker;

import org.jspecify.annotations.NullMarked;
