-- The ledger of runs: what survives a crash. ${ledger} is the quoted name of its schema.

-- One row: which version this ledger has, and the lowest version of the engine that may still use it. Two versions of the
-- engine work side by side during a rolling deploy as long as the older one is not below lowest_engine.
create table ${ledger}.ledger (
    only_row      boolean primary key default true check (only_row),
    version       integer not null,
    lowest_engine integer not null,
    installed_at  timestamptz not null default clock_timestamp()
);

create table ${ledger}.run (
    id               bigint generated always as identity primary key,
    kind             text not null check (kind in ('DATA', 'SCHEMA', 'VERSIONED')),
    name             text not null,
    target           text not null default '',
    arguments        jsonb not null default '[]' check (jsonb_typeof(arguments) = 'array'),
    arguments_hash   bytea not null,
    generation       integer not null default 1,
    status           text not null,
    attempts         integer not null default 0,
    max_attempts     integer not null default 5,
    next_attempt_at  timestamptz,
    throttle_reason  text,
    lease_owner      text,
    lease_token      bigint not null default 0,
    lease_expires_at timestamptz,
    error_class      text,
    error_message    text,
    error_sqlstate   text,
    error_constraint text,
    error_table      text,
    error_column     text,
    error_stack      text,
    created_at       timestamptz not null default clock_timestamp(),
    updated_at       timestamptz not null default clock_timestamp(),
    started_at       timestamptz,
    finished_at      timestamptz,
    announced_at     timestamptz,
    version          bigint not null default 1,
    unique (kind, name, target, arguments_hash, generation)
);

-- Only one run of a migration is ever under way; a new generation begins when the last one is over.
create unique index run_under_way on ${ledger}.run (kind, name, target, arguments_hash)
    where status not in ('SUCCEEDED', 'CANCELLED');
-- For the claim, in the order of the queue.
create index run_due on ${ledger}.run (kind, id) where status in ('ENQUEUED', 'ERRORED');
create index run_leased on ${ledger}.run (lease_expires_at) where lease_owner is not null;
create index run_unannounced on ${ledger}.run (id) where announced_at is null;

-- Numbers of the journal. They are taken in the short transaction of a change, last of all, so their order is that of commit.
create table ${ledger}.event_counter (
    only_row    boolean primary key default true check (only_row),
    last_number bigint not null default 0,
    notified_at timestamptz not null default '-infinity'
) with (fillfactor = 10);

insert into ${ledger}.event_counter default values;

create table ${ledger}.event (
    number bigint primary key,
    at     timestamptz not null default clock_timestamp(),
    run_id bigint not null,
    name   text not null,
    kind   text not null,
    detail jsonb not null default '{}'
);

create index event_age on ${ledger}.event (at);

-- Writes an event and wakes the listeners, at most four times a second: a listener looks again shortly after each call.
-- Never called in a transaction of a sub-batch or of a user: the counter row stays locked until the commit.
create function ${ledger}.journal(p_run bigint, p_name text, p_kind text, p_detail jsonb) returns bigint
language plpgsql as $$
declare
    v_number   bigint;
    v_notified timestamptz;
begin
    update ${ledger}.event_counter set last_number = last_number + 1
    returning last_number, notified_at into v_number, v_notified;
    insert into ${ledger}.event (number, run_id, name, kind, detail) values (v_number, p_run, p_name, p_kind, p_detail);
    if v_notified < clock_timestamp() - interval '250 milliseconds' then
        update ${ledger}.event_counter set notified_at = clock_timestamp();
        perform pg_notify(${channel}, v_number::text);
    end if;
    return v_number;
end
$$;

-- Finds the newest run of (kind, name, target, arguments), or begins the first or, if asked, a further generation.
-- Journals nothing, so that it can be part of anybody's transaction; a worker announces what nobody did.
create function ${ledger}.enqueue(
    p_kind text, p_name text, p_target text, p_arguments jsonb, p_status text, p_max_attempts integer, p_again boolean,
    out run_id bigint, out created boolean)
language plpgsql as $$
declare
    v_hash bytea := sha256(convert_to(p_arguments::text, 'UTF8'));
    v_last ${ledger}.run;
begin
    loop
        select * into v_last from ${ledger}.run r
         where r.kind = p_kind and r.name = p_name and r.target = p_target and r.arguments_hash = v_hash
         order by r.generation desc limit 1;
        if v_last.id is not null and not (p_again and v_last.status in ('SUCCEEDED', 'CANCELLED')) then
            run_id := v_last.id;
            created := false;
            return;
        end if;
        insert into ${ledger}.run (kind, name, target, arguments, arguments_hash, generation, status, max_attempts)
        values (p_kind, p_name, p_target, p_arguments, v_hash, coalesce(v_last.generation, 0) + 1, p_status, p_max_attempts)
        on conflict do nothing
        returning id into run_id;
        if run_id is not null then
            created := true;
            return;
        end if;
        -- somebody else was first: the next turn sees theirs
    end loop;
end
$$;

-- Takes as many due runs as there are slots left, counting what is claimed anywhere, not what runs here. The count stands in
-- a statement after the lock, so it sees what the last holder of the lock took.
create function ${ledger}.claim(p_kind text, p_owner text, p_names text[], p_slots integer, p_lease_ms bigint)
returns setof ${ledger}.run
language plpgsql volatile as $$
declare
    v_taken integer;
begin
    perform pg_advisory_xact_lock(hashtext(${channel}), hashtext(p_kind));
    select count(*) into v_taken from ${ledger}.run r
     where r.kind = p_kind and r.lease_owner is not null and r.status in ('RUNNING', 'PAUSING', 'CANCELLING');
    if v_taken >= p_slots then
        return;
    end if;
    return query
    with due as (
        select r.id, r.status from ${ledger}.run r
         where r.kind = p_kind and r.status in ('ENQUEUED', 'ERRORED') and r.lease_owner is null
           and (r.next_attempt_at is null or r.next_attempt_at <= clock_timestamp())
           and r.name = any (p_names)
         order by r.id
         limit p_slots - v_taken
           for no key update skip locked
    ), taken as (
        update ${ledger}.run r
           set status = 'RUNNING', lease_owner = p_owner, lease_token = r.lease_token + 1,
               lease_expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond',
               throttle_reason = null, next_attempt_at = null, started_at = coalesce(r.started_at, clock_timestamp()),
               updated_at = clock_timestamp(), version = r.version + 1
          from due where r.id = due.id
        returning r.*
    ), told as (
        select ${ledger}.journal(t.id, t.name, 'STATUS', jsonb_build_object('from', due.status, 'to', 'RUNNING', 'owner', p_owner))
          from taken t join due on due.id = t.id
    )
    -- read so that every event is written
    select t.* from taken t where (select count(*) from told) >= 0;
end
$$;
