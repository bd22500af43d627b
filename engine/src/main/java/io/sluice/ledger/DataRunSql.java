package io.sluice.ledger;

/** Every statement about data runs, their lanes and their batches. Only the names of the ledger are substituted, once. */
final class DataRunSql {

    private DataRunSql() {}

    static final String INSERT = """
            insert into ${ledger}.data_run (run_id, batch_size, sub_batch_size, target_ms, least_size, most_size, batch_pause_ms,
                sub_batch_pause_ms, batch_attempts, lanes, lower_bound, upper_bound)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text[], $12::text[])
            """;

    static final String FIND = "select d.* from ${ledger}.data_run d where d.run_id = $1";

    /** As FIND, of a run that is not over, until the settings are written. $1 run, $2 statuses of those that are. */
    static final String LOCK_SETTINGS = """
            select d.* from ${ledger}.data_run d join ${ledger}.run r on r.id = d.run_id
             where d.run_id = $1 and r.status <> all ($2::text[]) for no key update of d
            """;

    /** $1 run, $2… settings; they hold from the next sub-batch. */
    static final String CHANGE_SETTINGS = """
            update ${ledger}.data_run
               set batch_size = $2, sub_batch_size = $3, target_ms = $4, least_size = $5, most_size = $6, batch_pause_ms = $7,
                   sub_batch_pause_ms = $8, batch_attempts = $9, lanes = $10
             where run_id = $1
            """;

    /** Zero rows: the lease is lost. Holds the run row, so that nobody takes it over before this transaction commits. */
    static final String HOLD = """
            select 1 as held from ${ledger}.run r
             where r.id = $1 and r.lease_token = $2 and r.lease_owner is not null for share
            """;

    /**
     * What the first claim finds out; on a later one it changes only what may: bindings and names of what is walked. Settings
     * that are there stay, for they may have been changed since they were read.
     */
    static final String PREPARE = """
            update ${ledger}.data_run
               set batch_size = coalesce(batch_size, $2), sub_batch_size = coalesce(sub_batch_size, $3),
                   target_ms = coalesce(target_ms, $4), least_size = coalesce(least_size, $5),
                   most_size = coalesce(most_size, $6),
                   batch_pause_ms = coalesce(batch_pause_ms, $7), sub_batch_pause_ms = coalesce(sub_batch_pause_ms, $8),
                   batch_attempts = coalesce(batch_attempts, $9), lanes = coalesce(lanes, $10),
                   source = $11, key_columns = $12::text[], key_types = $13::text[], bindings = $14::jsonb,
                   rows_total = coalesce(rows_total, $15::bigint),
                   rows_total_kind = case when rows_total is null then $16 else rows_total_kind end
             where run_id = $1
            """;

    /** The cursor is where the lane before ends; the first one has none before its first sub-batch. */
    static final String ADD_LANE = """
            insert into ${ledger}.lane (run_id, number, lower, upper, token, size, cursor)
            values ($1, $2, $3::text[], $4::text[], $5, $6::integer, case when $2 > 0 then $3::text[] end)
            """;

    static final String LANES = """
            select l.number, l.batch_id is not null or l.cursor is distinct from l.upper and l.upper is not null as open
              from ${ledger}.lane l where l.run_id = $1 order by l.number
            """;

    /** Lanes that have something beyond the batch that is open. $1 run. */
    static final String RESTS = """
            select l.number, coalesce(l.batch_upper, l.cursor) as behind, l.upper
              from ${ledger}.lane l
             where l.run_id = $1 and l.upper is not null and coalesce(l.batch_upper, l.cursor) is distinct from l.upper
             order by l.number
            """;

    /** As RESTS, of one lane. It waits for the sub-batch in flight. $1 run, $2 lane, $3 token. */
    static final String LOCK_LANE = """
            select l.number, coalesce(l.batch_upper, l.cursor) as behind, l.upper
              from ${ledger}.lane l
             where l.run_id = $1 and l.number = $2 and l.token <= $3 and l.upper is not null
               and coalesce(l.batch_upper, l.cursor) is distinct from l.upper
               for update
            """;

    /** In a statement after the lock, as in each sub-batch. $1 run, $2 token. */
    static final String IS_AT_WORK = """
            select r.status in ('RUNNING', 'FINISHING') as working from ${ledger}.run r
             where r.id = $1 and r.lease_token = $2 and r.lease_owner is not null
            """;

    /** The second half becomes a lane of its own, which begins with the size that was learned. $1 run, $2 lane, $3 new, $4 middle, $5 token. */
    static final String DIVIDE_LANE = """
            with was as (
                select l.* from ${ledger}.lane l where l.run_id = $1 and l.number = $2
            ), first as (
                update ${ledger}.lane l set upper = $4::text[] where l.run_id = $1 and l.number = $2
            )
            insert into ${ledger}.lane (run_id, number, lower, upper, cursor, token, size, sized_rows, sized_ms)
            select w.run_id, $3::integer, $4::text[], w.upper, $4::text[], $5, w.size, w.sized_rows, w.sized_ms from was w
            """;

    /** $1 row. */
    static final String UPPER = "select l.upper from ${ledger}.lane l where l.id = $1 for update";

    /**
     * Puts a fresh row, with this token and a new epoch, in the place of the lane's. It waits for the sub-batch in flight. Zero
     * rows: the lease is lost. $1 run, $2 lane, $3 token.
     */
    static final String TAKE_LANE = """
            with old as (
                delete from ${ledger}.lane l
                 where l.run_id = $1 and l.number = $2 and l.token <= $3
                   and exists (select from ${ledger}.run r
                                where r.id = l.run_id and r.lease_token = $3 and r.lease_owner is not null)
                returning l.*)
            insert into ${ledger}.lane (run_id, number, lower, upper, cursor, token, epoch, rows_seen, rows_changed, sub_batches,
                working_ms, batch_id, batch_upper, batch_seen, batch_changed, batch_ms, size, sized_rows, sized_ms)
            select run_id, number, lower, upper, cursor, $3, epoch + 1, rows_seen, rows_changed, sub_batches,
                working_ms, batch_id, batch_upper, batch_seen, batch_changed, batch_ms, size, sized_rows, sized_ms
              from old
            returning id, number, token, epoch, cursor, upper, batch_id, size, sub_batches, batch_seen
            """;

    /** Halves the size of the next sub-batch, and forgets what was learned of larger ones; the size it had until now. $1 row. */
    static final String SHRINK_LANE = """
            update ${ledger}.lane l set size = greatest(1, was.size / 2), sized_rows = 0, sized_ms = 0
              from (select o.id, case when d.target_ms > 0 then least(coalesce(o.size, d.sub_batch_size), d.most_size)
                                      else least(o.size, d.sub_batch_size) end as size
                      from ${ledger}.lane o join ${ledger}.data_run d on d.run_id = o.run_id where o.id = $1) was
             where l.id = was.id
            returning was.size
            """;

    /**
     * Ends the transactions of ours that stand in the way of the backend $1. Ours are those that bear the name which every
     * sub-batch and every ledger transaction gives itself.
     */
    static final String EVICT_BLOCKERS = """
            select pg_terminate_backend(a.pid) as gone
              from unnest(pg_blocking_pids($1)) b (pid) join pg_stat_activity a on a.pid = b.pid
             where a.usename = session_user and (a.application_name like 'sluice run %' or a.application_name = 'sluice ledger')
            """;

    static final String NEXT_BATCH = "select ${ledger}.next_batch($1, $2::text[])::text as done";

    static final String END_HERE = "update ${ledger}.lane set upper = cursor where id = $1";

    /** What the lanes of the pass that is over did; one row. $1 run. */
    static final String PASS_RESULT = """
            select d.pass, d.phase, coalesce(sum(l.rows_changed), 0)::bigint as rows_changed
              from ${ledger}.data_run d left join ${ledger}.lane l on l.run_id = d.run_id
             where d.run_id = $1 group by d.pass, d.phase
            """;

    /**
     * Begins the next pass: what the lanes did is added up, and they are gone. Once the work has passed them all, their number is
     * known. $1 run, $2 pass, $3 phase, $4 rows left.
     */
    static final String NEXT_PASS = """
            with done as (
                delete from ${ledger}.lane l where l.run_id = $1 returning l.rows_seen, l.rows_changed
            ), summed as (
                select coalesce(sum(rows_seen), 0)::bigint as seen, coalesce(sum(rows_changed), 0)::bigint as changed from done
            )
            update ${ledger}.data_run d
               set pass = $2, phase = $3, rows_left = $4,
                   rows_seen = case when d.phase = 'WORKING' then s.seen else d.rows_seen end,
                   rows_total = case when d.phase = 'WORKING' then s.seen else d.rows_total end,
                   rows_total_kind = 'EXACT',
                   rows_changed = d.rows_changed + case when d.phase = 'COUNTING' then 0 else s.changed end
              from summed s
             where d.run_id = $1
            """;

    static final String JOURNAL_PASS = """
            select ${ledger}.journal(r.id, r.name, 'PASS', jsonb_build_object('pass', $2::integer, 'phase', $3::text,
                       'rowsLeft', $4::bigint)) as number
              from ${ledger}.run r where r.id = $1
            """;

    /**
     * A run is throttled, still or not any more (null); its event is written when that changes. Zero rows: the lease is lost. $1
     * run, $2 token, $3 reason, $4 further ms that it cost.
     */
    static final String THROTTLED = """
            with before as (
                select d.run_id, d.throttle_reason, d.throttled_since, r.name
                  from ${ledger}.data_run d join ${ledger}.run r on r.id = d.run_id
                 where d.run_id = $1 and r.lease_token = $2 and r.lease_owner is not null for no key update of d
            ), changed as (
                update ${ledger}.data_run d
                   set throttle_reason = $3::text, throttled_ms = d.throttled_ms + $4,
                       throttled_since = case when $3::text is not null
                                              then coalesce(b.throttled_since, clock_timestamp()) end
                  from before b where d.run_id = b.run_id
                returning b.*)
            select case
                   when c.throttle_reason is null and $3::text is not null
                   then ${ledger}.journal(c.run_id, c.name, 'THROTTLED', jsonb_build_object('reason', $3::text))
                   when c.throttle_reason is not null and $3::text is null
                   then ${ledger}.journal(c.run_id, c.name, 'UNTHROTTLED', jsonb_build_object(
                            'ms', (1000 * extract(epoch from clock_timestamp() - c.throttled_since))::bigint))
                   end as number
              from changed c
            """;

    private static final String PROGRESSES = """
            select r.id, r.status, r.throttle_reason, d.throttle_reason as throttled_by, d.throttled_ms,
                   r.error_class, r.error_message, d.phase, d.rows_total, d.rows_total_kind,
                   case when d.phase = 'WORKING' then l.seen else d.rows_seen end as rows_seen, l.seen as seen_in_pass,
                   d.rows_changed + case when d.phase = 'COUNTING' then 0 else l.changed end as rows_changed
              from ${ledger}.run r
              join ${ledger}.data_run d on d.run_id = r.id
              cross join lateral (
                  select coalesce(sum(rows_seen), 0)::bigint as seen, coalesce(sum(rows_changed), 0)::bigint as changed
                    from ${ledger}.lane where run_id = r.id) l
            """;

    /** $1 run. */
    static final String PROGRESS = PROGRESSES + " where r.id = $1";

    /** Of runs that may change by themselves, and of those that were left a moment ago. */
    static final String LIVE_PROGRESS = PROGRESSES + """
             where r.status in ('ENQUEUED', 'RUNNING', 'FINISHING', 'PAUSING', 'CANCELLING', 'ERRORED')
                or r.updated_at > clock_timestamp() - interval '5 seconds'
             order by r.id
            """;
}
