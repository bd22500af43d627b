package io.sluice.ledger;

/** Every statement of the run store, in the order of a run's life. Only the names of the ledger are substituted, once. */
final class RunSql {

    private RunSql() {}

    /** $1 kind, $2 name, $3 arguments, $4 status, $5 attempts, $6 begin a further generation if the last one is over. */
    static final String ENQUEUE = "select run_id, created from ${ledger}.enqueue($1, $2, '', $3::jsonb, $4, $5, $6)";

    /** Writes the event of every run that nobody announced yet; $1 = one run, or null for all. */
    static final String ANNOUNCE = """
            with fresh as (
                update ${ledger}.run r set announced_at = clock_timestamp()
                 where r.announced_at is null and ($1::bigint is null or r.id = $1::bigint)
                returning r.id, r.name, r.status)
            select ${ledger}.journal(f.id, f.name, 'ENQUEUED', jsonb_build_object('status', f.status)) as number
              from fresh f order by f.id
            """;

    static final String FIND = "select r.* from ${ledger}.run r where r.id = $1";

    /** The newest generation of (kind, name, arguments). */
    static final String FIND_NEWEST = """
            select r.* from ${ledger}.run r
             where r.kind = $1 and r.name = $2 and r.target = ''
               and r.arguments_hash = sha256(convert_to($3::jsonb::text, 'UTF8'))
             order by r.generation desc limit 1
            """;

    static final String LIST = "select r.* from ${ledger}.run r order by r.id desc";

    static final String STANDINGS =
            "select r.name, r.status, count(*) as runs from ${ledger}.run r group by r.name, r.status";

    /**
     * One run, as far as can be known before the lock of the claim: two when another one ended in between. $1 kind, $2 owner, $3
     * known names, $4 slots, $5 lease in ms.
     */
    static final String CLAIM_ONE = """
            select r.* from ${ledger}.claim($1, $2, $3, least($4::integer,
                1 + (select count(*)::integer from ${ledger}.run t
                      where t.kind = $1 and t.lease_owner is not null and t.status in ('RUNNING', 'PAUSING', 'CANCELLING'))), $5) r
            """;

    /** Whether a claim would find anything, asked without a lock. $1 kind, $2 known names, $3 slots. */
    static final String IS_DUE = """
            select exists (select from ${ledger}.run r
                            where r.kind = $1 and r.status in ('ENQUEUED', 'ERRORED') and r.lease_owner is null
                              and (r.next_attempt_at is null or r.next_attempt_at <= clock_timestamp())
                              and (r.name = any ($2) or exists (select from ${ledger}.schema_run s where s.run_id = r.id and s.operation = any ($2))))
                   and (select count(*) from ${ledger}.run t
                         where t.kind = $1 and t.lease_owner is not null and t.status in ('RUNNING', 'PAUSING', 'CANCELLING')) < $3
                   as due
            """;

    /** What is due waits for its turn, and says so; the claim forgets it. $1 kind, $2 known names, $3 reason. */
    static final String TELL_WAITING = """
            update ${ledger}.run r set throttle_reason = $3
             where r.kind = $1 and r.status in ('ENQUEUED', 'ERRORED') and r.lease_owner is null
               and (r.next_attempt_at is null or r.next_attempt_at <= clock_timestamp())
               and (r.name = any ($2) or exists (select from ${ledger}.schema_run s where s.run_id = r.id and s.operation = any ($2)))
               and r.throttle_reason is distinct from $3
            """;

    /** What a run at work waits for besides its throttle; null: nothing any more. $1 run, $2 token, $3 reason. */
    static final String TELL_HELD_WAITING =
            "update ${ledger}.run set throttle_reason = $3::text where id = $1 and lease_token = $2 and lease_owner is not null";

    /** $1 owner, $2 known operations, $3 slots, $4 lease in ms. */
    static final String CLAIM_SCHEMA = """
            select r.* from ${ledger}.claim_schema($1, $2, least($3::integer,
                1 + (select count(*)::integer from ${ledger}.run t
                      where t.kind = 'SCHEMA' and t.lease_owner is not null and t.status in ('RUNNING', 'PAUSING', 'CANCELLING'))), $4) r
            """;

    /** Operations that wait for a worker which knows them; $1 those known here. */
    static final String UNKNOWN_OPERATIONS = """
            select distinct s.operation as name from ${ledger}.run r join ${ledger}.schema_run s on s.run_id = r.id
             where r.status in ('ENQUEUED', 'ERRORED') and s.operation <> all ($1)
            """;

    /** The run that works on the table of the run $1; one row at most. */
    static final String HOLDER_OF_ROOT = """
            select r.* from ${ledger}.run r where r.root_table = ${ledger}.root_of($1) and r.lease_owner is not null and r.id <> $1
            """;

    /** Names that wait for a worker which knows them; $1 kind, $2 names known here. */
    static final String UNKNOWN_NAMES = """
            select distinct r.name from ${ledger}.run r
             where r.kind = $1 and r.status in ('ENQUEUED', 'ERRORED') and r.name <> all ($2)
            """;

    /**
     * Moves a run along an edge of the table; zero rows: it does not stand where the edge begins. $1 run, $2 from, $3 to (same
     * places), $4 whether spent attempts and the last error are forgotten.
     */
    static final String CHANGE = """
            with before as (
                select r.id, r.status from ${ledger}.run r where r.id = $1 for no key update
            ), changed as (
                update ${ledger}.run r
                   set status = ($3::text[])[array_position($2::text[], b.status)],
                       attempts = case when $4 then 0 else r.attempts end,
                       next_attempt_at = null, throttle_reason = null,
                       error_class = case when $4 then null else r.error_class end,
                       error_message = case when $4 then null else r.error_message end,
                       error_sqlstate = case when $4 then null else r.error_sqlstate end,
                       error_constraint = case when $4 then null else r.error_constraint end,
                       error_table = case when $4 then null else r.error_table end,
                       error_column = case when $4 then null else r.error_column end,
                       error_stack = case when $4 then null else r.error_stack end,
                       finished_at = case when ($3::text[])[array_position($2::text[], b.status)] in ('SUCCEEDED', 'CANCELLED')
                                          then clock_timestamp() end,
                       updated_at = clock_timestamp(), version = r.version + 1
                  from before b
                 where r.id = b.id and b.status = any ($2::text[])
                returning r.*, b.status as was
            ), renewed as (
                update ${ledger}.batch b set attempts = 0, status = 'RUNNING'
                  from changed c where $4 and b.run_id = c.id and b.status in ('ERRORED', 'FAILED')
            )
            select c.*, ${ledger}.journal(c.id, c.name, 'STATUS', jsonb_build_object('from', c.was, 'to', c.status)) as number
              from changed c
            """;

    /**
     * A claim of one run for a foreground caller, whoever holds it; zero rows: its status forbids it. $1 run, $2 owner, $3
     * statuses it may start from, $4 lease in ms.
     */
    static final String CLAIM_FINISHING = """
            with before as (
                select r.id, r.status from ${ledger}.run r where r.id = $1 for no key update
            ), changed as (
                update ${ledger}.run r
                   set status = 'FINISHING', lease_owner = $2, lease_token = r.lease_token + 1,
                       root_table = ${ledger}.root_of(r.id),
                       lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond', attempts = 0,
                       next_attempt_at = null, throttle_reason = null, finished_at = null,
                       error_class = null, error_message = null, error_sqlstate = null, error_constraint = null,
                       error_table = null, error_column = null, error_stack = null,
                       started_at = coalesce(r.started_at, clock_timestamp()),
                       updated_at = clock_timestamp(), version = r.version + 1
                  from before b
                 where r.id = b.id and b.status = any ($3::text[])
                returning r.*, b.status as was
            ), renewed as (
                update ${ledger}.batch b set attempts = 0, status = 'RUNNING'
                  from changed c where b.run_id = c.id and b.status in ('ERRORED', 'FAILED')
            )
            select c.*, ${ledger}.journal(c.id, c.name, 'STATUS',
                       jsonb_build_object('from', c.was, 'to', c.status, 'owner', $2::text)) as number
              from changed c
            """;

    /** Zero rows: the lease is lost. $1 run, $2 token, $3 lease in ms. */
    static final String RENEW = """
            update ${ledger}.run set lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond'
             where id = $1 and lease_token = $2 and lease_owner is not null
            returning status
            """;

    /** Zero rows: the lease is lost. $1 run, $2 token. */
    static final String WATCH =
            "select status from ${ledger}.run where id = $1 and lease_token = $2 and lease_owner is not null";

    /**
     * The holder lets go; zero rows: the lease is lost, or the status forbids it. $1 run, $2 token, $3 from, $4 to (same
     * places), $5 attempts spent by it, $6 ms to the next attempt, $7 reason of a throttle, $8… error (null keeps the last one,
     * success forgets it: the events tell the story).
     */
    static final String RELEASE = """
            with before as (
                select r.id, r.status, ($4::text[])[array_position($3::text[], r.status)] as target
                  from ${ledger}.run r where r.id = $1 and r.lease_token = $2 for no key update
            ), changed as (
                update ${ledger}.run r
                   set status = b.target,
                       lease_owner = null, lease_expires_at = null,
                       attempts = r.attempts + $5,
                       next_attempt_at = clock_timestamp() + $6::bigint * interval '1 millisecond',
                       throttle_reason = $7::text,
                       error_class = case when b.target = 'SUCCEEDED' then null else coalesce($8::text, r.error_class) end,
                       error_message = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_message else $9::text end,
                       error_sqlstate = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_sqlstate else $10::text end,
                       error_constraint = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_constraint else $11::text end,
                       error_table = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_table else $12::text end,
                       error_column = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_column else $13::text end,
                       error_stack = case when b.target = 'SUCCEEDED' then null when $8::text is null then r.error_stack else $14::text end,
                       finished_at = case when b.target in ('SUCCEEDED', 'CANCELLED', 'FAILED') then clock_timestamp() end,
                       updated_at = clock_timestamp(), version = r.version + 1
                  from before b
                 where r.id = b.id and b.target is not null
                returning r.*, b.status as was
            )
            select c.*, ${ledger}.journal(c.id, c.name, 'STATUS', jsonb_strip_nulls(jsonb_build_object(
                       'from', c.was, 'to', c.status, 'reason', $7::text, 'errorClass', $8::text, 'message', $9::text,
                       'sqlState', $10::text, 'constraint', $11::text, 'table', $12::text, 'column', $13::text,
                       'stack', $14::text))) as number
              from changed c
            """;

    /**
     * Takes over one lapsed lease, whatever its migration is, so that it can be settled; zero rows: none has lapsed. The token
     * changes first: from here on the old holder begins nothing new. $1 owner, $2 lease in ms, $3 one run, or null for any.
     */
    static final String TAKE_LAPSED = """
            update ${ledger}.run r
               set lease_owner = $1, lease_token = r.lease_token + 1,
                   lease_expires_at = clock_timestamp() + $2 * interval '1 millisecond', version = r.version + 1
             where r.id = (select l.id from ${ledger}.run l
                            where l.lease_owner is not null and l.lease_expires_at < clock_timestamp()
                              and ($3::bigint is null or l.id = $3::bigint)
                            order by l.lease_expires_at limit 1 for no key update skip locked)
            returning r.*
            """;

    /** Every generation of (kind, name, arguments) that nobody holds. */
    static final String REMOVE = """
            delete from ${ledger}.run r
             where r.kind = $1 and r.name = $2 and r.target = ''
               and r.arguments_hash = sha256(convert_to($3::jsonb::text, 'UTF8')) and r.lease_owner is null
            returning r.id, r.name, ${ledger}.journal(r.id, r.name, 'REMOVED', '{}') as number
            """;
}
