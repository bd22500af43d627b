package io.sluice.scenario;

import static org.awaitility.Awaitility.await;

import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A run as its ledger shows it to somebody who only looks: no Sluice has a hand in what is read here. */
record Watched(Database database, RunId id) {

    String status() {
        return String.valueOf(column("status"));
    }

    /** The instance that holds the lease; null where nobody does. */
    @Nullable
    String owner() {
        return column("lease_owner");
    }

    long token() {
        return database.queryLong("select lease_token from sluice.run where id = " + id.number());
    }

    /** The cursor of its lane as a number; 0 before the first checkpoint. */
    long cursor() {
        return database.queryLong(
                "select coalesce(max((cursor)[1]::bigint), 0) from sluice.lane where run_id = " + id.number());
    }

    /** Backends that do a sub-batch of it, or hold its transaction open, in one of these states. */
    long backends(String... states) {
        return database.queryLong("""
                select count(*) from pg_stat_activity
                 where datname = current_database() and application_name = 'sluice run %d' and state in ('%s')
                """.formatted(id.number(), String.join("', '", states)));
    }

    /** The process number of the one backend that does a sub-batch of it in this state. */
    String backendIn(String state) {
        return String.valueOf(database.queryString("""
                select max(pid) from pg_stat_activity
                 where datname = current_database() and application_name = 'sluice run %d' and state = '%s'
                """.formatted(id.number(), state)));
    }

    /** Waits until a checkpoint has gone beyond the present one. */
    void awaitProgress(Duration atMost) {
        long before = cursor();
        within(atMost, "run " + id + " goes on from " + before, () -> cursor() > before);
    }

    void awaitStatus(RunStatus status, Duration atMost) {
        within(atMost, "run " + id + " is " + status, () -> status().equals(status.name()));
    }

    /** Waits for a fact in the database, or for anything else that is cheap to look at. */
    static void within(Duration atMost, String fact, Callable<Boolean> look) {
        await(fact)
                .atMost(atMost)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(look);
    }

    private @Nullable String column(String name) {
        return database.queryString("select " + name + " from sluice.run where id = " + id.number());
    }
}
