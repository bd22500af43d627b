package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.sluice.sql.Statements;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * How far standbys are behind what is committed on the shard: the one that is farthest. Only those that are connected are seen
 * by the primary; one that must not be missed is asked itself, {@link #on}.
 *
 * <p>Sees {@code pg_stat_replication} (the manual, section 27.2.4), so the role needs {@code pg_monitor} or
 * {@code pg_read_all_stats}. Without it the lag is unknown.
 */
public final class ReplicationLag {

    private static final Duration SOFT = Duration.ofSeconds(5);
    private static final Duration HARD = Duration.ofSeconds(30);
    private static final long SOFT_BYTES = 256L << 20;
    private static final long HARD_BYTES = 2L << 30;

    /** Who only takes the log (a backup, pg_receivewal) replays nothing. Lag is null when all is replayed and nothing happens. */
    private static final String STANDBYS = """
            select coalesce(nullif(application_name, ''), client_addr::text, pid::text) as standby,
                   state is null as hidden,
                   1000 * coalesce(extract(epoch from replay_lag), 0)::float8 as ms,
                   pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as bytes
              from pg_stat_replication
             where state is null or replay_lsn is not null
             order by %s desc nulls first limit 1
            """;

    /**
     * Asked on the standby itself. What it has received and replayed is no lag as long as it is connected; else its last
     * replayed commit says how old it is.
     */
    private static final String ITSELF = """
            select pg_is_in_recovery() as recovering,
                   exists (select from pg_stat_wal_receiver) as receiving,
                   case when exists (select from pg_stat_wal_receiver)
                             and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
                        else 1000 * extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end::float8 as ms
            """;

    private ReplicationLag() {}

    /** In time, slower from 5 s, limit 30 s. */
    public static Signal inTime() {
        return inTime(SOFT, HARD);
    }

    /** In time: how long ago the standby's state was that of the shard. */
    public static Signal inTime(Duration soft, Duration hard) {
        return standbys(Limits.of(soft, hard), "ms");
    }

    /** In bytes of log, slower from 256 MiB, limit 2 GiB. */
    public static Signal inBytes() {
        return inBytes(SOFT_BYTES, HARD_BYTES);
    }

    /** In bytes of log that are written and not replayed. */
    public static Signal inBytes(long soft, long hard) {
        return standbys(new Limits(soft, hard, Unit.BYTES), "bytes");
    }

    /** Of one standby that is asked itself, in time, slower from 5 s, limit 30 s. Any role may ask. */
    public static Signal on(ConnectionFactory standby) {
        return on(standby, SOFT, HARD);
    }

    /**
     * Of one standby that is asked itself, so that it is also missed when it is gone. A pool is not needed: a few connections
     * are kept as long as runs ask.
     */
    public static Signal on(ConnectionFactory standby, Duration soft, Duration hard) {
        return Signal.ofShard(
                        "the lag of the standby",
                        Limits.of(soft, hard),
                        time -> (connection, table) ->
                                Statements.queryOne(connection, ITSELF, ReplicationLag::ofItself))
                .askedOn(standby);
    }

    private static Signal standbys(Limits limits, String column) {
        String query = STANDBYS.formatted(column);
        return Signal.ofShard(
                "replication lag",
                limits,
                time -> (connection, table) -> Statements.queryOne(
                                connection, query, row -> ofStandby(row, column, limits.unit()))
                        .switchIfEmpty(Mono.just(Reading.nothing())));
    }

    private static Reading ofStandby(Readable row, String column, Unit unit) {
        if (Boolean.TRUE.equals(row.get("hidden", Boolean.class))) {
            return Reading.hidden("pg_stat_replication");
        }
        double behind = requireNonNull(row.get(column, Double.class));
        return Reading.of(
                behind, "standby '" + row.get("standby", String.class) + "' is " + unit.words(behind) + " behind");
    }

    private static Reading ofItself(Readable row) {
        Double behind = row.get("ms", Double.class);
        if (!Boolean.TRUE.equals(row.get("recovering", Boolean.class))) {
            return Reading.unknown("the database that was given as a standby is none");
        }
        if (behind == null) {
            return Reading.unknown("the standby has replayed nothing yet");
        }
        return Reading.of(
                behind,
                "the standby is " + Unit.MILLISECONDS.words(behind) + " behind"
                        + (Boolean.TRUE.equals(row.get("receiving", Boolean.class)) ? "" : " and receives nothing"));
    }
}
