package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.sql.Statements;

/**
 * Segments of the write-ahead log that are complete and not archived. Nothing where archiving is off. Any role may see it, in
 * {@code pg_stat_archiver} (the manual, section 27.2.17).
 */
public final class ArchiveBacklog {

    private static final int SOFT = 10;
    private static final int HARD = 42;

    /** Names of segments are hexadecimal: eight digits each for the timeline, the part of the log and the segment in it. */
    private static final String BACKLOG = """
            with named (now_name, last_name, per_part) as (
                select pg_walfile_name(pg_current_wal_lsn()),
                       case when a.last_archived_wal ~ '^[0-9A-F]{24}' then left(a.last_archived_wal, 24) end,
                       4294967296 / (select setting::bigint from pg_settings where name = 'wal_segment_size')
                  from pg_stat_archiver a
            ), numbered (archiving, now_number, last_number) as (
                select current_setting('archive_mode') <> 'off',
                       ('x' || substr(now_name, 9, 8))::bit(32)::bigint * per_part + ('x' || substr(now_name, 17, 8))::bit(32)::bigint,
                       ('x' || substr(last_name, 9, 8))::bit(32)::bigint * per_part + ('x' || substr(last_name, 17, 8))::bit(32)::bigint
                  from named
            )
            select archiving, case when last_number is not null then greatest(now_number - last_number - 1, 0)::float8 end as segments,
                   a.failed_count > 0 and a.last_failed_time > coalesce(a.last_archived_time, '-infinity') as failing
              from numbered, pg_stat_archiver a
            """;

    private ArchiveBacklog() {}

    /** Slower from 10 segments, limit 42: of 16 MiB each, unless the server was made with others. */
    public static Signal inSegments() {
        return inSegments(SOFT, HARD);
    }

    public static Signal inSegments(int soft, int hard) {
        return Signal.ofShard(
                "the backlog of the archive",
                new Limits(soft, hard, Unit.COUNT),
                time -> (connection, table) -> Statements.queryOne(connection, BACKLOG, ArchiveBacklog::reading));
    }

    private static Reading reading(Readable row) {
        boolean failing = Boolean.TRUE.equals(row.get("failing", Boolean.class));
        Double segments = row.get("segments", Double.class);
        if (!requireNonNull(row.get("archiving", Boolean.class))) {
            return Reading.nothing();
        }
        if (segments == null) {
            // nothing was archived yet, or the counters were reset: from where to count is not known
            return failing ? Reading.unknown("nothing was archived yet and archiving fails") : Reading.nothing();
        }
        return Reading.of(
                segments,
                "segments of log that wait to be archived: " + Unit.COUNT.words(segments)
                        + (failing ? ", archiving fails" : ""));
    }
}
