package io.sluice.ledger;

/** Every statement about schema runs. Only the names of the ledger are substituted, once. */
final class SchemaRunSql {

    private SchemaRunSql() {}

    /** $1 operation, $2 schema, $3 table, $4 object, $5 name, $6 definition, $7, $8 ms, $9 status, $10 attempts, $11 again. */
    static final String ENQUEUE = """
            select run_id, created from ${ledger}.enqueue_schema($1, $2, $3, $4::text, $5, $6::jsonb, $7::bigint, $8::bigint, $9, $10, $11)
            """;

    static final String FIND =
            "select s.*, s.definition::text as definition_text from ${ledger}.schema_run s where s.run_id = $1";

    /**
     * Something is about to be begun. Zero rows: the lease is lost. $1 run, $2 token. The run's row is held until this commits, so
     * that whoever takes it over sees it.
     */
    static final String BEGUN = """
            with held as (select r.id from ${ledger}.run r
                           where r.id = $1 and r.lease_token = $2 and r.lease_owner is not null for share)
            update ${ledger}.schema_run s set unclean = true, owes_clean_up = true, progress = s.progress - 'refused' from held where s.run_id = held.id
            returning s.run_id
            """;

    /** Nothing is left of it. $1 run, $2 token: whoever lost the run since knows nothing of it. */
    static final String CLEANED = """
            update ${ledger}.schema_run s set unclean = false, owes_clean_up = false, backend_pid = null, backend_start = null
              from ${ledger}.run r where s.run_id = $1 and r.id = $1 and r.lease_token = $2
            """;

    /** Nothing half-done is left of it. $1 run, $2 token. */
    static final String TIDIED = """
            update ${ledger}.schema_run s set owes_clean_up = false
              from ${ledger}.run r where s.run_id = $1 and r.id = $1 and r.lease_token = $2
            """;

    /** The token under which may be cleaned up what a run left that is over. Zero rows: nothing is to be done, or not now. $1 run. */
    static final String TO_BE_CLEANED = """
            select r.lease_token from ${ledger}.run r join ${ledger}.schema_run s on s.run_id = r.id
             where r.id = $1 and r.lease_owner is null
               and ((r.status = 'CANCELLED' and s.unclean) or (r.status in ('FAILED', 'SUCCEEDED') and s.owes_clean_up))
               and ${ledger}.may_clean_up(r.id, r.lease_token)
            """;

    /**
     * What the watchdog saw; percent never falls. Zero rows: the lease is lost. $1 run, $2 token, $3 phase, $4 percent, $5 counts,
     * $6 who it waits for, $7 pid, $8 start of the backend.
     */
    static final String PROGRESSED = """
            update ${ledger}.schema_run s
               set phase = $3, percent = greatest(s.percent, $4),
                   progress = $5::jsonb || jsonb_strip_nulls(jsonb_build_object('clearing', s.progress -> 'clearing', 'looked', s.progress -> 'looked', 'refused', s.progress -> 'refused')),
                   waits_for = $6::text,
                   backend_pid = coalesce($7::integer, s.backend_pid), backend_start = coalesce($8::timestamptz, s.backend_start),
                   progressed_at = clock_timestamp()
              from ${ledger}.run r
             where s.run_id = $1 and r.id = $1 and r.lease_token = $2 and r.lease_owner is not null
            returning s.percent
            """;

    private static final String OF_LEASE = """
              from ${ledger}.run r
             where s.run_id = $1 and r.id = $1 and r.lease_token = $2 and r.lease_owner is not null
            """;

    /**
     * When it first looked for old transactions, which is now unless it did before and has gone on since, with the pauses of a run that
     * is handed back. Zero rows: the lease is lost. $1 run, $2 token.
     */
    static final String CLEARING = """
            update ${ledger}.schema_run s
               set progress = s.progress || jsonb_build_object(
                       'looked', clock_timestamp(),
                       'clearing', case when (s.progress ->> 'looked')::timestamptz > clock_timestamp() - interval '15 minutes'
                                        then coalesce(s.progress -> 'clearing', to_jsonb(clock_timestamp()))
                                        else to_jsonb(clock_timestamp()) end)
            """ + OF_LEASE + " returning (s.progress ->> 'clearing')::timestamptz as since";

    /** They are waited for no longer. $1 run, $2 token. */
    static final String CLEARED =
            "update ${ledger}.schema_run s set progress = s.progress - 'clearing' - 'looked' - 'refused'" + OF_LEASE;

    /** What was done so far does not count any more. $1 run, $2 token. */
    static final String BEGUN_ANEW = "update ${ledger}.schema_run s set percent = 0" + OF_LEASE;

    /** How often in a row the table could not be looked at, this time included. Zero rows: the lease is lost. $1 run, $2 token. */
    static final String REFUSED = """
            update ${ledger}.schema_run s
               set progress = s.progress || jsonb_build_object('refused', coalesce((s.progress ->> 'refused')::integer, 0) + 1)
            """ + OF_LEASE + " returning (s.progress ->> 'refused')::integer as times";

    /** Runs that are over and have left something that is theirs to clean up, as far as nobody works on them. */
    private static final String OWES = """
            r.lease_owner is null
               and ((r.status = 'CANCELLED' and s.unclean) or (r.status in ('FAILED', 'SUCCEEDED') and s.owes_clean_up))
            """;

    /**
     * One run whose clean-up is due, which nobody else tries for the next half minute; zero rows: none is. Of a run that is over
     * the time of its last progress is that of its last clean-up.
     */
    static final String OWING = """
            update ${ledger}.schema_run o set progressed_at = clock_timestamp()
             where o.run_id = (
                 select s.run_id from ${ledger}.schema_run s join ${ledger}.run r on r.id = s.run_id
                  where\s""" + OWES + """
                    and (s.progressed_at is null or s.progressed_at < clock_timestamp() - interval '30 seconds')
                    and ${ledger}.may_clean_up(r.id, r.lease_token)
                  order by s.progressed_at nulls first limit 1
                    for update of s skip locked)
            returning o.run_id
            """;

    /** Runs that are over and have left something on the tables of a run that is worked on. $1 that run. */
    static final String OWED_BESIDE = """
            select r.id, r.lease_token, r.status from ${ledger}.schema_run s join ${ledger}.run r on r.id = s.run_id
             where\s""" + OWES + """
               and ${ledger}.root_of(r.id) = (select m.root_table from ${ledger}.run m where m.id = $1)
               and not ${ledger}.is_superseded(r.id)
             order by r.id
            """;

    private static final String PROGRESSES = """
            select r.id, r.status, r.throttle_reason, r.error_class, r.error_message, s.phase, s.percent, s.progress::text as counts,
                   s.waits_for
              from ${ledger}.run r join ${ledger}.schema_run s on s.run_id = r.id
            """;

    /** $1 run. */
    static final String PROGRESS = PROGRESSES + " where r.id = $1";

    /** Of those that may change by themselves, and of those that did a moment ago. */
    static final String LIVE_PROGRESS = PROGRESSES + """
             where r.status in ('ENQUEUED', 'RUNNING', 'FINISHING', 'PAUSING', 'CANCELLING', 'ERRORED')
                or r.updated_at > clock_timestamp() - interval '5 seconds'
             order by r.id
            """;

    /** $1 run, $2 kind, $3 detail. */
    static final String JOURNAL =
            "select ${ledger}.journal(r.id, r.name, $2, $3::jsonb) as number from ${ledger}.run r where r.id = $1";

    /** $1 run, $2 token. */
    static final String MAY_CLEAN_UP = "select ${ledger}.may_clean_up($1, $2) as it";

    /** $1 name. */
    static final String HAS_SUCCEEDED = """
            select exists (select from ${ledger}.run r where r.kind = 'SCHEMA' and r.name = $1 and r.status = 'SUCCEEDED') as it
            """;

    /** $1 name. */
    static final String IS_UNCLEAN = """
            select exists (select from ${ledger}.run r join ${ledger}.schema_run s on s.run_id = r.id
                            where r.kind = 'SCHEMA' and r.name = $1 and r.lease_owner is null
                              and case when r.status in ('FAILED', 'CANCELLED', 'SUCCEEDED')
                                       then s.owes_clean_up and not ${ledger}.is_superseded(r.id) else s.unclean end) as it
            """;
}
