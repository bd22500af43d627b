package io.sluice.worker;

import java.time.Duration;

/**
 * How workers claim and keep runs.
 *
 * @param lease how long a run stays with a worker that is not heard of: 500 ms to 1 hour, default 30 s. It is renewed three
 *     times in that time, by the clock of the database
 * @param watch how often the status of a run that is worked on is looked at: 10 ms to 1 s, default 500 ms, so that pause and
 *     cancel are seen within a second
 * @param idlePoll how often a worker looks for work when nothing wakes it: 10 ms to 1 hour, default 5 s
 * @param dataRuns data migrations at one time per shard, counted over all instances: 1 to 64, default 1
 * @param schemaRuns schema migrations at one time per shard, counted over all instances, never two on one table: 1 to 64, default
 *     1
 * @param listeners shards that may hold a connection for LISTEN; the others are polled: 0 to 10 000, default 32
 */
public record WorkerSettings(
        Duration lease, Duration watch, Duration idlePoll, int dataRuns, int schemaRuns, int listeners) {

    public static final WorkerSettings DEFAULTS =
            new WorkerSettings(Duration.ofSeconds(30), Duration.ofMillis(500), Duration.ofSeconds(5), 1, 1, 32);

    public WorkerSettings {
        within("lease", lease, Duration.ofMillis(500), Duration.ofHours(1));
        within("watch interval", watch, Duration.ofMillis(10), Duration.ofSeconds(1));
        within("idle poll interval", idlePoll, Duration.ofMillis(10), Duration.ofHours(1));
        within("data runs at one time", dataRuns, 1, 64);
        within("schema runs at one time", schemaRuns, 1, 64);
        within("listeners", listeners, 0, 10_000);
    }

    public WorkerSettings withLease(Duration term) {
        return new WorkerSettings(term, watch, idlePoll, dataRuns, schemaRuns, listeners);
    }

    public WorkerSettings withWatch(Duration interval) {
        return new WorkerSettings(lease, interval, idlePoll, dataRuns, schemaRuns, listeners);
    }

    public WorkerSettings withIdlePoll(Duration interval) {
        return new WorkerSettings(lease, watch, interval, dataRuns, schemaRuns, listeners);
    }

    public WorkerSettings withDataRuns(int atOneTime) {
        return new WorkerSettings(lease, watch, idlePoll, atOneTime, schemaRuns, listeners);
    }

    public WorkerSettings withSchemaRuns(int atOneTime) {
        return new WorkerSettings(lease, watch, idlePoll, dataRuns, atOneTime, listeners);
    }

    public WorkerSettings withListeners(int shards) {
        return new WorkerSettings(lease, watch, idlePoll, dataRuns, schemaRuns, shards);
    }

    private static void within(String option, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }
}
