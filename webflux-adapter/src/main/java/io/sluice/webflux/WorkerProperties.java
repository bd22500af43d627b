package io.sluice.webflux;

import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@link WorkerSettings}, and whether there are workers.
 *
 * @param enabled Whether this instance works on runs. One that does not can still enqueue, watch and steer.
 * @param lease How long a run stays with a worker that is not heard of, 500ms to 1h.
 * @param watch How often the status of a run that is worked on is looked at, 10ms to 1s.
 * @param idlePoll How often a worker looks for work when nothing wakes it, 10ms to 1h.
 * @param dataRuns Data migrations at one time per shard, counted over all instances, 1 to 64.
 * @param schemaRuns Schema migrations at one time per shard, counted over all instances, 1 to 64.
 * @param listeners Shards that may hold a connection for LISTEN; the others are polled, 0 to 10000.
 */
public record WorkerProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("30s") Duration lease,
        @DefaultValue("500ms") Duration watch,
        @DefaultValue("5s") Duration idlePoll,
        @DefaultValue("1") int dataRuns,
        @DefaultValue("1") int schemaRuns,
        @DefaultValue("32") int listeners) {

    WorkerSettings settings() {
        String in = "sluice.worker.";
        WorkerSettings settings = WorkerSettings.DEFAULTS;
        settings = Setting.of(in + "lease", lease, settings::withLease);
        settings = Setting.of(in + "watch", watch, settings::withWatch);
        settings = Setting.of(in + "idle-poll", idlePoll, settings::withIdlePoll);
        settings = Setting.of(in + "data-runs", dataRuns, settings::withDataRuns);
        settings = Setting.of(in + "schema-runs", schemaRuns, settings::withSchemaRuns);
        return Setting.of(in + "listeners", listeners, settings::withListeners);
    }
}
