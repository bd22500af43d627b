package io.sluice.scenario;

import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.lock.LockRetrier;
import io.sluice.run.Run;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.SchemaSettings;
import io.sluice.testkit.Database;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What stories of schema migrations have in common: instances with short waits, and what the server shows of their statements. */
final class SchemaStage {

    static final Duration SOON = Duration.ofSeconds(30);

    /** Looks before a build at nobody: for stories that hold it up when it has begun. */
    static final SchemaSettings AT_ONCE = SchemaSettings.DEFAULTS
            .withOldTransaction(Duration.ZERO)
            .withLocks(LockRetrier.constant(50, Duration.ofMillis(100), Duration.ofMillis(50)));

    private SchemaStage() {}

    static Sluice instance(Database database, String name, SchemaSettings settings) {
        return Sluice.builder()
                .shard("primary", database.connectionFactory())
                .instance(name)
                .worker(WorkerSettings.DEFAULTS
                        .withLease(Duration.ofSeconds(2))
                        .withWatch(Duration.ofMillis(50))
                        .withIdlePoll(Duration.ofMillis(200))
                        .withSchemaRuns(8))
                .schema(settings)
                .build();
    }

    static Run enqueued(Sluice sluice, SchemaMigration migration) {
        return enqueued(sluice, EnqueueSchema.of(migration));
    }

    static Run enqueued(Sluice sluice, EnqueueSchema order) {
        return Objects.requireNonNull(sluice.schema().enqueue(order).blockLast(SOON))
                .run();
    }

    /** One tick: claims it and drives it to where it is left. */
    static Run worked(Sluice sluice) {
        List<Run> runs = sluice.runOnce().collectList().block(SOON);
        if (runs == null || runs.size() != 1) {
            throw new AssertionError("one run was to be worked on, not " + runs);
        }
        return runs.get(0);
    }

    /** The notes of a run, oldest first. */
    static List<String> notes(Database database, Run run) {
        return events(database, run, "SCHEMA_NOTE", "note");
    }

    /** What the journal has of a run of one kind of event: one field of each, oldest first. */
    static List<String> events(Database database, Run run, String kind, String field) {
        return database
                .query("select detail ->> '" + field + "' from sluice.event where kind = '" + kind + "' and run_id = "
                        + run.id().number() + " order by number")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    /** The definition of an index, by the server, and whether it is valid; null when there is none. */
    static @Nullable String index(Database database, String name) {
        List<List<@Nullable Object>> rows = database.query(
                "select (case when i.indisvalid then '' else 'INVALID ' end) || pg_get_indexdef(i.indexrelid)"
                        + " from pg_index i where i.indexrelid = to_regclass('" + name + "')");
        return rows.isEmpty() ? null : String.valueOf(rows.get(0).get(0));
    }

    /** Sessions that work for schema runs and are not idle. */
    static long atWork(Database database) {
        return database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                + " and application_name like 'sluice schema %' and state <> 'idle'");
    }

    static void awaitBuild(Database database) {
        Watched.within(
                SOON,
                "an index is being built",
                () -> database.queryLong(
                                "select count(*) from pg_stat_progress_create_index where datname = current_database()")
                        > 0);
    }

    static void awaitAtWork(Database database, String waitsFor) {
        Watched.within(
                SOON,
                "a statement waits: " + waitsFor,
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and application_name like 'sluice schema %' and query ilike '" + waitsFor
                                + "' and wait_event_type = 'Lock'")
                        > 0);
    }

    static void awaitAtWorkNoMore(Database database, String statement) {
        Watched.within(
                SOON,
                "over: " + statement,
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and application_name like 'sluice schema %' and state = 'active' and query ilike '"
                                + statement + "'")
                        == 0);
    }
}
