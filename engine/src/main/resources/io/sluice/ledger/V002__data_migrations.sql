-- What a run of kind DATA adds: its settings, its lanes and the audit of its batches.

-- Settings that are null here are taken from the declaration of the migration when the run is first claimed.
create table ${ledger}.data_run (
    run_id             bigint primary key references ${ledger}.run (id) on delete cascade,
    batch_size         integer check (batch_size between 1 and 10000000),
    sub_batch_size     integer check (sub_batch_size between 1 and 100000)
                       constraint sub_batch_within_batch check (sub_batch_size <= batch_size),
    batch_pause_ms     bigint check (batch_pause_ms between 0 and 86400000),
    sub_batch_pause_ms bigint check (sub_batch_pause_ms between 0 and 86400000),
    batch_attempts     integer check (batch_attempts between 1 and 1000),
    lanes              integer check (lanes between 1 and 64),
    lower_bound        text[],
    upper_bound        text[],
    source             text,
    key_columns        text[],
    key_types          text[],
    bindings           jsonb not null default '{}',
    pass               integer not null default 0,
    phase              text not null default 'WORKING' check (phase in ('WORKING', 'COUNTING', 'SWEEPING')),
    rows_total         bigint,
    rows_total_kind    text not null default 'UNKNOWN' check (rows_total_kind in ('EXACT', 'ESTIMATE', 'UNKNOWN')),
    rows_seen          bigint not null default 0,
    rows_changed       bigint not null default 0,
    rows_left          bigint
);

-- The only ledger row that a sub-batch locks, and it locks it first. It is updated once per sub-batch: no index on what changes
-- and free space in the page keep that HOT; and since nothing can be pruned under somebody's long snapshot, a worker now and
-- then puts a fresh row (with a new id) in its place.
create table ${ledger}.lane (
    id            bigint generated always as identity primary key,
    run_id        bigint not null references ${ledger}.run (id) on delete cascade,
    number        integer not null,
    lower         text[],
    upper         text[],
    cursor        text[],
    token         bigint not null,
    epoch         bigint not null default 0,
    rows_seen     bigint not null default 0,
    rows_changed  bigint not null default 0,
    sub_batches   bigint not null default 0,
    working_ms    double precision not null default 0,
    batch_id      bigint,
    batch_upper   text[],
    batch_seen    bigint not null default 0,
    batch_changed bigint not null default 0,
    batch_ms      double precision not null default 0,
    unique (run_id, number)
) with (fillfactor = 30);

create table ${ledger}.batch (
    id               bigint generated always as identity primary key,
    run_id           bigint not null references ${ledger}.run (id) on delete cascade,
    lane             integer not null,
    pass             integer not null,
    lower            text[],
    upper            text[],
    status           text not null check (status in ('RUNNING', 'ERRORED', 'FAILED', 'SUCCEEDED')),
    attempts         integer not null default 0,
    rows_seen        bigint not null default 0,
    rows_changed     bigint not null default 0,
    working_ms       double precision not null default 0,
    batches          bigint not null default 1,
    started_at       timestamptz not null default clock_timestamp(),
    finished_at      timestamptz,
    error_class      text,
    error_message    text,
    error_sqlstate   text,
    error_constraint text,
    error_table      text,
    error_column     text,
    error_stack      text
);

create index batch_of_run on ${ledger}.batch (run_id, id);

-- Text of a key whose type is written differently under different settings. Only this function pins them, not the user's work.
create function ${ledger}.key_text(p_value anyelement) returns text
language sql stable
set datestyle = 'ISO, YMD' set timezone = 'UTC' set intervalstyle = 'postgres' set bytea_output = 'hex' set extra_float_digits = 1
as 'select $1::text';

-- The value that such a text stands for, in the type of the second argument.
create function ${ledger}.key_value(p_text text, p_like anyelement) returns anyelement
language plpgsql stable
set datestyle = 'ISO, YMD' set timezone = 'UTC' set intervalstyle = 'postgres'
as $$
declare
    v_value p_like%type;
begin
    v_value := p_text;
    return v_value;
end
$$;

-- The guard of every sub-batch. It locks the lane first; then, in a further statement, it compares token, epoch and status of
-- the run, which it reads without a lock. REFUSED: not ours any more, do nothing. DONE: the lane is at its end. The range of the batch is
-- (lower, stop]; while lower is null it begins at the run's lower bound, which is part of it, or without any.
create function ${ledger}.open_sub_batch(
    p_lane bigint, p_token bigint, p_epoch bigint,
    out state text, out first text[], out lower text[], out stop text[], out lane_upper text[],
    out batch_size integer, out sub_batch_size integer, out batch_pause_ms bigint, out sub_batch_pause_ms bigint,
    out bindings jsonb)
language plpgsql as $$
declare
    v_lane ${ledger}.lane;
begin
    select * into v_lane from ${ledger}.lane l where l.id = p_lane for update;
    select 'OPEN', d.lower_bound, d.batch_size, d.sub_batch_size, d.batch_pause_ms, d.sub_batch_pause_ms, d.bindings
      into state, first, batch_size, sub_batch_size, batch_pause_ms, sub_batch_pause_ms, bindings
      from ${ledger}.run r join ${ledger}.data_run d on d.run_id = r.id
     where r.id = v_lane.run_id and v_lane.token = p_token and v_lane.epoch = p_epoch
       and r.lease_token = p_token and r.status in ('RUNNING', 'FINISHING');
    if not found then
        state := 'REFUSED';
    elsif v_lane.batch_id is null then
        state := 'DONE';
    else
        lower := v_lane.cursor;
        stop := v_lane.batch_upper;
        lane_upper := v_lane.upper;
    end if;
end
$$;

-- The cursor and the counters, in the transaction of the work.
create function ${ledger}.checkpoint(p_lane bigint, p_cursor text[], p_seen bigint, p_changed bigint) returns void
language sql as $$
    update ${ledger}.lane
       set cursor = p_cursor, sub_batches = sub_batches + 1,
           rows_seen = rows_seen + p_seen, batch_seen = batch_seen + p_seen,
           rows_changed = rows_changed + p_changed, batch_changed = batch_changed + p_changed,
           working_ms = working_ms + 1000 * extract(epoch from clock_timestamp() - transaction_timestamp()),
           batch_ms = batch_ms + 1000 * extract(epoch from clock_timestamp() - transaction_timestamp())
     where id = p_lane
$$;

-- Closes the batch of a lane, if one is open, and opens the next one, from the cursor to the given key. A null key opens none.
create function ${ledger}.next_batch(p_lane bigint, p_upper text[]) returns void
language plpgsql as $$
declare
    v_lane ${ledger}.lane;
    v_next bigint;
begin
    select * into v_lane from ${ledger}.lane l where l.id = p_lane for update;
    update ${ledger}.batch b
       set status = 'SUCCEEDED', rows_seen = v_lane.batch_seen, rows_changed = v_lane.batch_changed,
           working_ms = v_lane.batch_ms, finished_at = clock_timestamp()
     where b.id = v_lane.batch_id;
    if p_upper is not null then
        insert into ${ledger}.batch (run_id, lane, pass, lower, upper, status)
        select v_lane.run_id, v_lane.number, d.pass, v_lane.cursor, p_upper, 'RUNNING'
          from ${ledger}.data_run d where d.run_id = v_lane.run_id
        returning id into v_next;
    end if;
    update ${ledger}.lane l
       set batch_id = v_next, batch_upper = p_upper, batch_seen = 0, batch_changed = 0, batch_ms = 0
     where l.id = p_lane;
end
$$;

-- Hands a backfill to Sluice in the caller's own transaction, from any SQL client: a Flyway script, psql. What was enqueued so
-- is validated when a worker claims it. Options: batchSize, subBatchSize, batchPauseMs, subBatchPauseMs, batchAttempts, lanes,
-- lower, upper (arrays of text, both ends included), delayed, again.
create function ${ledger}.enqueue_data_migration(p_name text, p_arguments jsonb default '[]', p_options jsonb default '{}')
returns bigint
language plpgsql as $$
declare
    v_run record;
    v_unknown text;
begin
    select string_agg(k, ', ') into v_unknown from jsonb_object_keys(p_options) k
     where k not in ('batchSize', 'subBatchSize', 'batchPauseMs', 'subBatchPauseMs', 'batchAttempts', 'lanes',
                     'lower', 'upper', 'delayed', 'again', 'maxAttempts');
    if v_unknown is not null then
        raise exception 'sluice: unknown option % for enqueue_data_migration', v_unknown using errcode = '22023';
    end if;
    select * into v_run from ${ledger}.enqueue('DATA', p_name, '', p_arguments,
        case when (p_options ->> 'delayed')::boolean then 'DELAYED' else 'ENQUEUED' end,
        coalesce((p_options ->> 'maxAttempts')::integer, 5), coalesce((p_options ->> 'again')::boolean, false));
    if v_run.created then
        insert into ${ledger}.data_run (run_id, batch_size, sub_batch_size, batch_pause_ms, sub_batch_pause_ms, batch_attempts,
            lanes, lower_bound, upper_bound)
        values (v_run.run_id, (p_options ->> 'batchSize')::integer, (p_options ->> 'subBatchSize')::integer,
            (p_options ->> 'batchPauseMs')::bigint, (p_options ->> 'subBatchPauseMs')::bigint,
            (p_options ->> 'batchAttempts')::integer, (p_options ->> 'lanes')::integer,
            (select array_agg(v order by n) from jsonb_array_elements_text(p_options -> 'lower') with ordinality as e (v, n)),
            (select array_agg(v order by n) from jsonb_array_elements_text(p_options -> 'upper') with ordinality as e (v, n)));
    end if;
    return v_run.run_id;
end
$$;
