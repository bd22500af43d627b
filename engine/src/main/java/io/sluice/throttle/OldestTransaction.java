package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.sql.Statements;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * The age of the oldest transaction in the database that has a snapshot or has written, prepared ones included. While it is
 * open, no row version that a migration leaves behind can be removed, and tables grow.
 *
 * <p>Sees {@code pg_stat_activity} (the manual, section 27.2.3). A role without {@code pg_monitor} does not see when the
 * transactions of other roles began, so where there are others the age is unknown.
 */
public final class OldestTransaction {

    private static final Duration SOFT = Duration.ofMinutes(10);
    private static final Duration HARD = Duration.ofHours(1);

    /** The transaction that looks has a snapshot too. Vacuum's does not hold back anybody. */
    private static final String OLDEST = """
            select what, hidden, 1000 * extract(epoch from clock_timestamp() - began)::float8 as ms
              from (select 'transaction of backend ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') as what,
                           xact_start as began, query = '<insufficient privilege>' as hidden
                      from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()
                       and (query = '<insufficient privilege>'
                            or (xact_start is not null and (backend_xid is not null or backend_xmin is not null)))
                       and coalesce(backend_type, '') <> 'autovacuum worker'
                    union all
                    select 'prepared transaction ' || gid, prepared, false from pg_prepared_xacts
                     where database = current_database()) t
             order by hidden desc, began limit 1
            """;

    private OldestTransaction() {}

    /** Slower from 10 min, limit 1 h. */
    public static Signal byAge() {
        return byAge(SOFT, HARD);
    }

    public static Signal byAge(Duration soft, Duration hard) {
        return Signal.ofShard(
                "the age of the oldest transaction",
                Limits.of(soft, hard),
                time -> (connection, table) -> Statements.queryOne(connection, OLDEST, OldestTransaction::reading)
                        .switchIfEmpty(Mono.just(Reading.nothing())));
    }

    private static Reading reading(Readable row) {
        if (Boolean.TRUE.equals(row.get("hidden", Boolean.class))) {
            return Reading.hidden("pg_stat_activity");
        }
        double age = requireNonNull(row.get("ms", Double.class));
        return Reading.of(age, row.get("what", String.class) + " is " + Unit.MILLISECONDS.words(age) + " old");
    }
}
