package io.sluice.ledger;

/** Every statement about batches and the keys that they left in quarantine. */
final class BatchSql {

    private BatchSql() {}

    /**
     * An attempt of the batch failed; zero rows: the lease is lost. A batch that is split already has no attempts to spend: what
     * fails in it is a search for the bad row, unless no row is to blame. $1 batch, $2 token, $3… error, $10 whether it is split when its attempts are spent.
     */
    static final String FAILED = """
            with failed as (
                update ${ledger}.batch b
                   set attempts = b.attempts + case when was.split then 0 else 1 end,
                       status = case when was.split then 'SPLIT' when b.attempts + 1 < d.batch_attempts then 'ERRORED'
                                     when $10::boolean then 'SPLIT' else 'FAILED' end,
                       error_class = $3::text, error_message = $4::text, error_sqlstate = $5::text,
                       error_constraint = $6::text, error_table = $7::text, error_column = $8::text, error_stack = $9::text
                  from ${ledger}.run r join ${ledger}.data_run d on d.run_id = r.id
                       join lateral (select o.status = 'SPLIT' and $10::boolean as split from ${ledger}.batch o where o.id = $1) was on true
                 where b.id = $1 and r.id = b.run_id and r.lease_token = $2 and r.lease_owner is not null
                returning b.id, b.run_id, r.name, b.attempts, b.status, b.lower, b.upper, was.split)
            select f.*, case when f.split then null else ${ledger}.journal(f.run_id, f.name, 'BATCH_FAILED',
                       jsonb_strip_nulls(jsonb_build_object(
                       'batch', f.id, 'attempt', f.attempts, 'last', f.status <> 'ERRORED', 'lower', f.lower, 'upper', f.upper,
                       'errorClass', $3::text, 'message', $4::text, 'sqlState', $5::text, 'constraint', $6::text,
                       'table', $7::text, 'column', $8::text, 'stack', $9::text))) end as number,
                   case when not f.split and f.status = 'SPLIT' then ${ledger}.journal(f.run_id, f.name, 'BATCH_SPLIT',
                       jsonb_strip_nulls(jsonb_build_object('batch', f.id, 'lower', f.lower, 'upper', f.upper))) end as split_number
              from failed f
            """;

    /**
     * As FAILED, of the batch of a lane before the one that is open: what failed in it passed a moment later, by a call that was on
     * its way already. $1 run, $2 lane, $3 its open batch or null, $4 token, $5… the error.
     */
    static final String FAILED_BEFORE = """
            with failed as (
                update ${ledger}.batch b
                   set attempts = b.attempts + 1,
                       error_class = $5::text, error_message = $6::text, error_sqlstate = $7::text,
                       error_constraint = $8::text, error_table = $9::text, error_column = $10::text, error_stack = $11::text
                  from ${ledger}.run r
                 where b.id = (select max(o.id) from ${ledger}.batch o
                                where o.run_id = $1 and o.lane = $2 and o.id is distinct from $3::bigint)
                   and r.id = b.run_id and r.lease_token = $4 and r.lease_owner is not null
                returning b.id, b.run_id, r.name, b.attempts, b.lower, b.upper)
            select f.id, f.attempts, 'ERRORED' as status, null::bigint as split_number,
                   ${ledger}.journal(f.run_id, f.name, 'BATCH_FAILED',
                       jsonb_strip_nulls(jsonb_build_object(
                       'batch', f.id, 'attempt', f.attempts, 'last', false, 'lower', f.lower, 'upper', f.upper,
                       'errorClass', $5::text, 'message', $6::text, 'sqlState', $7::text, 'constraint', $8::text,
                       'table', $9::text, 'column', $10::text, 'stack', $11::text))) as number
              from failed f
            """;

    /** The audit of a run, newest first, a page of it. $1 run, $2 the id behind, or null, $3 at most so many. */
    static final String AUDIT = """
            select b.* from ${ledger}.batch b
             where b.run_id = $1 and ($2::bigint is null or b.id < $2::bigint) order by b.id desc limit $3
            """;

    /** Folds finished batches that are older into one row per lane and unbroken stretch. $1 age in ms. */
    static final String FOLD = """
            with old as (
                select b.id, b.run_id, b.lane, b.pass,
                       count(*) filter (where b.status <> 'SUCCEEDED')
                           over (partition by b.run_id, b.lane, b.pass order by b.id) as stretch,
                       b.status, b.finished_at
                  from ${ledger}.batch b
            ), stretches as (
                select run_id, lane, pass, stretch, array_agg(id order by id) as ids
                  from old
                 where status = 'SUCCEEDED' and finished_at < clock_timestamp() - $1 * interval '1 millisecond'
                 group by run_id, lane, pass, stretch having count(*) > 1
            ), gone as (
                delete from ${ledger}.batch b using stretches s where b.id = any (s.ids) returning b.*
            )
            insert into ${ledger}.batch (id, run_id, lane, pass, lower, upper, status, attempts, rows_seen, rows_changed,
                working_ms, batches, started_at, finished_at)
            overriding system value
            select s.ids[1], s.run_id, s.lane, s.pass, (select f.lower from gone f where f.id = s.ids[1]),
                   (select l.upper from gone l where l.id = s.ids[cardinality(s.ids)]), 'SUCCEEDED', max(g.attempts),
                   sum(g.rows_seen), sum(g.rows_changed), sum(g.working_ms), sum(g.batches), min(g.started_at), max(g.finished_at)
              from gone g join stretches s on g.id = any (s.ids)
             group by s.ids, s.run_id, s.lane, s.pass
            """;

    /** A key that cannot be migrated, in the transaction that passes it. $1 run, $2 batch, $3 cursor before, $4 key, $5… error. */
    static final String QUARANTINE = """
            insert into ${ledger}.quarantine (run_id, batch_id, lower, key, error_class, error_message, error_sqlstate,
                error_constraint, error_table, error_column, error_stack)
            values ($1, $2::bigint, $3::text[], $4::text[], $5, $6, $7, $8, $9, $10, $11)
            on conflict (run_id, key) do update
               set status = 'OPEN', attempts = quarantine.attempts + 1, at = clock_timestamp(), closed_at = null, error_class = excluded.error_class,
                   error_message = excluded.error_message, error_sqlstate = excluded.error_sqlstate,
                   error_constraint = excluded.error_constraint, error_table = excluded.error_table,
                   error_column = excluded.error_column, error_stack = excluded.error_stack
            """;

    /** Journals what nobody has yet, and counts what is open. One row. $1 run. */
    static final String ANNOUNCE = """
            with told as (
                update ${ledger}.quarantine q set announced = true where q.run_id = $1 and not q.announced returning q.*
            ), events as (
                select ${ledger}.journal(r.id, r.name, 'ROW_QUARANTINED', jsonb_strip_nulls(jsonb_build_object(
                           'key', t.key, 'errorClass', t.error_class, 'message', t.error_message, 'sqlState', t.error_sqlstate,
                           'constraint', t.error_constraint, 'table', t.error_table, 'column', t.error_column)))
                  from told t join ${ledger}.run r on r.id = t.run_id
            )
            select (select count(*) from events) as told, count(*) as open from ${ledger}.quarantine q
             where q.run_id = $1 and q.status = 'OPEN'
            """;

    static final String OPEN = """
            select count(*) as open from ${ledger}.quarantine q where q.run_id = $1 and q.status = 'OPEN'
            """;

    /** Whether a key is open that failed before the run was last retried, and so has not been tried since. One row. $1 run. */
    static final String HAS_UNTRIED = """
            select exists (
                select from ${ledger}.quarantine q
                 where q.run_id = $1 and q.status = 'OPEN'
                   and q.at < (select max(e.at) from ${ledger}.event e
                                where e.run_id = $1 and e.kind = 'STATUS' and e.detail ->> 'from' = 'FAILED')) as untried
            """;

    /** Open keys, a page of them. $1 run, $2 the id before, $3 at most so many. */
    static final String LIST = """
            select q.* from ${ledger}.quarantine q where q.run_id = $1 and q.status = 'OPEN' and q.id > $2 order by q.id limit $3
            """;

    /** The next one to try again. $1 run, $2 the id before. */
    static final String NEXT = """
            select q.* from ${ledger}.quarantine q where q.run_id = $1 and q.status = 'OPEN' and q.id > $2 order by q.id limit 1
            """;

    static final String MIGRATED = """
            update ${ledger}.quarantine q set status = 'MIGRATED', closed_at = clock_timestamp() where q.id = $1
            """;

    /** $1 run, $2 JSON array of keys, or null for all. */
    static final String DISMISS = """
            update ${ledger}.quarantine q set status = 'DISMISSED', closed_at = clock_timestamp()
             where q.run_id = $1 and q.status = 'OPEN'
               and ($2::jsonb is null or to_jsonb(q.key) in (select k from jsonb_array_elements($2::jsonb) k))
            """;
}
