package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.sluice.sql.Statements;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of the whole server that execute a statement just now, those of Sluice left out, against the cores of the server. One
 * look says little, so looks are averaged; each fades within a second.
 *
 * <p>Sees {@code pg_stat_activity} (the manual, section 27.2.3). A role without {@code pg_monitor} sees whether the sessions of
 * other roles are active or not only for its own, so where there are others the number is unknown.
 */
public final class ActiveBackends {

    private static final int CORES = 4;

    /** Share of the newest look. */
    private static final double WEIGHT = 0.4;

    private static final String ACTIVE = """
            select (count(*) filter (where state = 'active' and backend_type in ('client backend', 'parallel worker')))::float8
                       as active,
                   bool_or(query = '<insufficient privilege>') as hidden
              from pg_stat_activity
             where pid <> pg_backend_pid() and datid is not null and application_name not like 'sluice %'
            """;

    private ActiveBackends() {}

    /** For a server with four cores; say how many it has. */
    public static Signal onCores() {
        return onCores(CORES);
    }

    /** Slower when more sessions are active than there are cores, limit three for each. */
    public static Signal onCores(int cores) {
        return between(cores, 3 * cores);
    }

    public static Signal between(int soft, int hard) {
        return Signal.ofShard("the number of active sessions", new Limits(soft, hard, Unit.COUNT), time -> averaged());
    }

    private static Probe averaged() {
        AtomicReference<@Nullable Double> average = new AtomicReference<>();
        return (connection, table) -> Statements.queryOne(connection, ACTIVE, row -> {
            if (Boolean.TRUE.equals(row.get("hidden", Boolean.class))) {
                return Reading.hidden("pg_stat_activity");
            }
            double now = requireNonNull(row.get("active", Double.class));
            Double before = average.get();
            double active = before == null ? now : WEIGHT * now + (1 - WEIGHT) * before;
            average.set(active);
            return Reading.of(active, "active sessions: " + Unit.COUNT.words(active));
        });
    }
}
