-- How large the next sub-batch is, and keys that cannot be migrated.

-- A target of 0 is a fixed size. Null, as with the other settings: as the migration declares it.
alter table ${ledger}.data_run
    add column target_ms  integer check (target_ms between 0 and 60000),
    add column least_size integer check (least_size between 1 and 100000),
    add column most_size  integer check (most_size between 1 and 100000),
    drop constraint data_run_lanes_check,
    add constraint one_lane_for_now check (lanes = 1),
    drop constraint data_run_phase_check,
    add constraint data_run_phase_check check (phase in ('WORKING', 'COUNTING', 'SWEEPING', 'RETRYING'));

alter table ${ledger}.batch
    drop constraint batch_status_check,
    add constraint batch_status_check check (status in ('RUNNING', 'ERRORED', 'SPLIT', 'FAILED', 'SUCCEEDED'));

-- The size lives beside the cursor and is written with it, so that a restart goes on with what was learned. Null: the setting.
alter table ${ledger}.lane
    add column size       integer,
    add column sized_rows double precision not null default 0,
    add column sized_ms   double precision not null default 0;

create table ${ledger}.quarantine (
    id               bigint generated always as identity primary key,
    run_id           bigint not null references ${ledger}.run (id) on delete cascade,
    batch_id         bigint,
    lower            text[],
    key              text[] not null,
    status           text not null default 'OPEN' check (status in ('OPEN', 'MIGRATED', 'DISMISSED')),
    attempts         integer not null default 1,
    at               timestamptz not null default clock_timestamp(),
    closed_at        timestamptz,
    announced        boolean not null default false,
    error_class      text,
    error_message    text,
    error_sqlstate   text,
    error_constraint text,
    error_table      text,
    error_column     text,
    error_stack      text,
    unique (run_id, key)
);

create index quarantine_open on ${ledger}.quarantine (run_id, id) where status = 'OPEN';

-- What happened to one run: callbacks that are still owed are found there.
create index event_of_run on ${ledger}.event (run_id, number);

-- As before; the size is that of the lane where it has one.
create or replace function ${ledger}.open_sub_batch(
    p_lane bigint, p_token bigint, p_epoch bigint,
    out state text, out first text[], out lower text[], out stop text[], out lane_upper text[],
    out batch_size integer, out sub_batch_size integer, out batch_pause_ms bigint, out sub_batch_pause_ms bigint,
    out bindings jsonb)
language plpgsql as $$
declare
    v_lane ${ledger}.lane;
begin
    select * into v_lane from ${ledger}.lane l where l.id = p_lane for update;
    select 'OPEN', d.lower_bound, d.batch_size,
           case when d.target_ms > 0 then least(coalesce(v_lane.size, d.sub_batch_size), d.most_size)
                else least(v_lane.size, d.sub_batch_size) end,
           d.batch_pause_ms, d.sub_batch_pause_ms, d.bindings
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

-- The size after a sub-batch of p_seen keys in p_took ms, of which p_size were asked for; p_rows and p_ms are the weighted past,
-- this one included. Without a target a size that was cut grows back to the one that is set. With one it is what fits into
-- the target at the recent cost of a row; it grows by half at most, as one cheap stretch says little of the next, and one
-- that took far too long cuts it at once.
create function ${ledger}.next_size(
    p_size integer, p_seen bigint, p_took double precision, p_rows double precision, p_ms double precision,
    p_set integer, p_target integer, p_least integer, p_most integer) returns integer
language sql immutable as $$
    select case
        when p_target = 0 then nullif(least(p_set, p_size + greatest(1, p_size / 4)), p_set)
        when p_took > 5.0 * p_target then least(greatest(least(p_size, p_least), p_size / 10, 1), p_most)
        when p_seen < p_size then least(p_size, p_most)
        else least(greatest(floor(p_rows / greatest(p_ms, 0.001) * p_target), p_least), p_most, p_size + greatest(1, p_size / 2))::integer
    end
$$;

-- The cursor, the counters and the next size, in the transaction of the work. The one with four arguments stays for runs that
-- an older engine holds while this script is installed. p_target: another target than the setting; 0: that.
create function ${ledger}.checkpoint(
    p_lane bigint, p_cursor text[], p_seen bigint, p_changed bigint, p_target integer) returns void
language plpgsql as $$
declare
    v_took double precision := 1000 * extract(epoch from clock_timestamp() - transaction_timestamp());
begin
    update ${ledger}.lane l
       set cursor = p_cursor, sub_batches = l.sub_batches + 1,
           rows_seen = l.rows_seen + p_seen, batch_seen = l.batch_seen + p_seen,
           rows_changed = l.rows_changed + p_changed, batch_changed = l.batch_changed + p_changed,
           working_ms = l.working_ms + v_took, batch_ms = l.batch_ms + v_took,
           sized_rows = case when d.target_ms > 0 then 0.75 * l.sized_rows + p_seen else 0 end,
           sized_ms = case when d.target_ms > 0 then 0.75 * l.sized_ms + v_took else 0 end,
           size = case when d.target_ms = 0 and l.size is null then null else ${ledger}.next_size(
               coalesce(l.size, d.sub_batch_size), p_seen, v_took, 0.75 * l.sized_rows + p_seen, 0.75 * l.sized_ms + v_took,
               d.sub_batch_size, case when p_target > 0 then least(p_target, d.target_ms) else d.target_ms end,
               -- a batch has no more, and a size that is never used up learns nothing
               d.least_size, least(d.most_size, d.batch_size)) end
      from ${ledger}.data_run d
     where l.id = p_lane and d.run_id = l.run_id;
end
$$;
