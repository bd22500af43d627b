package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.sluice.sql.Statements;
import java.time.Duration;

/**
 * Sessions of others that wait for a lock which a sub-batch holds, or in the queue behind such a one ({@code
 * pg_blocking_pids}, the manual, section 9.27). Any role may see it. Sub-batches that another role runs are not seen.
 */
public final class LockWaiters {

    private static final int SOFT = 0;
    private static final int HARD = 1;

    /** A queue comes and goes, so there is no need to creep back. */
    private static final Duration CLIMB = Duration.ofSeconds(2);

    /**
     * What blocks is looked up for those that wait only: it takes a lock of the lock table for each. Who waits for the same row
     * as another one waits for that one, so the queue is followed to its end.
     */
    private static final String WAITERS = """
            with recursive waits as materialized (
                select w.pid as waiter, b.pid as blocker
                  from (select distinct pid from pg_locks where not granted) w
                  cross join lateral unnest(pg_blocking_pids(w.pid)) b (pid)
            ), queue (pid, ours) as (
                select a.pid, true from pg_stat_activity a
                 where a.datname = current_database() and a.usename = session_user and a.application_name like 'sluice run %'
                union
                select w.waiter, a.application_name like 'sluice %'
                  from queue q join waits w on w.blocker = q.pid join pg_stat_activity a on a.pid = w.waiter
            )
            select count(distinct pid)::float8 as waiters from queue where not ours
            """;

    private LockWaiters() {}

    /** As soon as one waits there is no further sub-batch until it has what it waits for; back at full speed two seconds later. */
    public static Signal behindUs() {
        return behindUs(SOFT, HARD);
    }

    public static Signal behindUs(int soft, int hard) {
        return Signal.ofShard(
                        "the number of sessions that wait for our locks",
                        new Limits(soft, hard, Unit.COUNT),
                        time -> (connection, table) -> Statements.queryOne(connection, WAITERS, row -> {
                            double waiters = requireNonNull(row.get("waiters", Double.class));
                            return Reading.of(
                                    waiters,
                                    "sessions that wait for a lock of a sub-batch: " + Unit.COUNT.words(waiters));
                        }))
                .climbingFor(CLIMB);
    }
}
