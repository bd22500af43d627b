package io.sluice.webflux;

import io.sluice.shard.Budget;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link Budget}: what all shards of this instance may use together.
 *
 * @param connections Runs that are worked on at one time over all shards, each on a connection of its own, 1 to 10000.
 * @param looks Shards that are looked at for work at one time, 1 to 1000.
 * @param subBatchesPerSecond Sub-batches per second over all shards, 0 (as many as there can be) to 100000.
 * @param turn How long a run keeps its connection while runs of other shards wait for one, 100ms to 1d.
 */
public record BudgetProperties(
        @DefaultValue("64") int connections,
        @DefaultValue("8") int looks,
        @DefaultValue("0") int subBatchesPerSecond,
        @DefaultValue("1m") Duration turn) {

    Budget budget() {
        String in = "sluice.budget.";
        Budget budget = Budget.DEFAULTS;
        budget = Setting.of(in + "connections", connections, budget::withConnections);
        budget = Setting.of(in + "looks", looks, budget::withLooks);
        budget = Setting.of(in + "sub-batches-per-second", subBatchesPerSecond, budget::withSubBatchesPerSecond);
        return Setting.of(in + "turn", turn, budget::withTurn);
    }
}
