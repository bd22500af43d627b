package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.scheduler.Scheduler;

/**
 * Checkpoints that were begun before their time because the log grew to {@code max_wal_size} (or because somebody asked), within
 * the last five minutes that a run looked. They come with a burst of writes, and full pages in the log after them.
 *
 * <p>Any role may see it: in {@code pg_stat_checkpointer} (the manual, section 27.2.15), before PostgreSQL 17 in {@code
 * pg_stat_bgwriter}.
 */
public final class Checkpoints {

    private static final int SOFT = 0;
    private static final int HARD = 4;
    private static final long WINDOW = Duration.ofMinutes(5).toMillis();

    private static final String SINCE_17 = "select num_requested as requested from pg_stat_checkpointer";

    private static final String BEFORE_17 = "select checkpoints_req as requested from pg_stat_bgwriter";

    private static final Pattern MAJOR = Pattern.compile("^\\d+");

    private Checkpoints() {}

    /** Slower from the first one, limit four in five minutes. */
    public static Signal requested() {
        return requested(SOFT, HARD);
    }

    public static Signal requested(int soft, int hard) {
        return Signal.ofShard(
                "the number of checkpoints before their time",
                new Limits(soft, hard, Unit.COUNT),
                Checkpoints::counting);
    }

    private record Look(long millis, long requested) {}

    private static Probe counting(Scheduler time) {
        // looks at which the number had grown, and the last one before the window
        Deque<Look> looks = new ArrayDeque<>();
        return (connection, table) -> Statements.queryOne(connection, query(connection), row -> {
            Look now = new Look(time.now(TimeUnit.MILLISECONDS), requireNonNull(row.get("requested", Long.class)));
            double recent = recent(looks, now);
            return Reading.of(recent, "checkpoints before their time in the last 5 min: " + Unit.COUNT.words(recent));
        });
    }

    private static String query(Connection connection) {
        Matcher major = MAJOR.matcher(connection.getMetadata().getDatabaseVersion());
        return major.find() && Integer.parseInt(major.group()) < 17 ? BEFORE_17 : SINCE_17;
    }

    private static long recent(Deque<Look> looks, Look now) {
        if (looks.isEmpty() || now.requested < looks.getLast().requested) {
            // the first look, or the counter was reset
            looks.clear();
            looks.add(now);
        } else if (now.requested > looks.getLast().requested) {
            looks.add(now);
        }
        while (looks.size() > 1 && second(looks).millis < now.millis - WINDOW) {
            looks.removeFirst();
        }
        return now.requested - looks.getFirst().requested;
    }

    private static Look second(Deque<Look> looks) {
        Look first = looks.removeFirst();
        Look second = looks.getFirst();
        looks.addFirst(first);
        return second;
    }
}
