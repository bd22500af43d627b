package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A database, and an instance that declares nothing, on which ready-made migrations are tried. */
final class Trial implements AfterEachCallback {

    static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice =
            Sluice.builder().shard("main", database.connectionFactory()).build();

    Trial() {
        sluice.install().block(SOON);
    }

    Database database() {
        return database;
    }

    Sluice sluice() {
        return sluice;
    }

    /** Runs it to the end, in sub-batches of three rows; it must succeed. */
    void run(ReadyMade migration) {
        succeeded(end(Enqueue.of(migration)));
    }

    /** Once more; what was done must not be done again. */
    void runAgain(ReadyMade migration) {
        succeeded(end(Enqueue.of(migration).again()));
    }

    /** Enqueues it by plain SQL and runs it to the end; it must succeed. */
    void runFromSql(String name, String arguments) {
        database.execute(
                "select sluice.enqueue_data_migration('" + name + "', '" + arguments.replace("'", "''") + "')");
        succeeded(sluice.runOnce().blockLast(SOON));
    }

    Run end(Enqueue order) {
        sluice.enqueue(order.settings(
                        it -> it.withBatchSize(6).withSubBatchSize(3).withBatchAttempts(1)))
                .blockLast(SOON);
        return Objects.requireNonNull(sluice.runOnce().blockLast(SOON));
    }

    private static void succeeded(Run run) {
        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
    }

    /** What the rows of a table are and by which transaction each was written. */
    Set<String> versions(String table) {
        return versions(table, "true");
    }

    /** The same, of some rows. */
    Set<String> versions(String table, String condition) {
        return database.query("select t.xmin::text || ' ' || t::text from " + table + " t where " + condition).stream()
                .map(row -> (String) row.get(0))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** How many passes the newest run made: one is the work alone, two with a count that found nothing. */
    long passes() {
        return database.queryLong("select pass + 1 from sluice.data_run order by run_id desc limit 1");
    }

    /** Rows that the newest run changed. */
    long changed() {
        return database.queryLong("select rows_changed from sluice.data_run order by run_id desc limit 1");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        sluice.close().block(SOON);
        database.close();
    }
}
