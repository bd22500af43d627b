package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.RunId;
import io.sluice.run.RunNotFoundException;

/** Finds the run that a path means. */
final class RunAddress {

    private RunAddress() {}

    /** Throws {@link RunNotFoundException} where there is no such shard: for who asks it is the same. */
    static RunId of(Sluice sluice, String shard, long number) {
        RunId run = new RunId(shard, number);
        if (!sluice.shards().contains(shard)) {
            throw new RunNotFoundException(run + ", as there is no shard '" + shard + "',");
        }
        return run;
    }
}
