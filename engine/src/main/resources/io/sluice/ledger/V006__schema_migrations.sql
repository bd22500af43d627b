-- What a run of kind SCHEMA adds: what is to be changed, and how far the statement is that changes it.

create table ${ledger}.schema_run (
    run_id               bigint primary key references ${ledger}.run (id) on delete cascade,
    operation            text not null,
    table_schema         text not null,
    table_name           text not null,
    root_table           text,
    object               text,
    definition           jsonb not null default '{}' check (jsonb_typeof(definition) = 'object'),
    statement_timeout_ms bigint check (statement_timeout_ms between 0 and 2592000000),
    lock_budget_ms       bigint check (lock_budget_ms between 0 and 2592000000),
    backend_pid          integer,
    backend_start        timestamptz,
    phase                text,
    percent              double precision not null default 0,
    progress             jsonb not null default '{}',
    waits_for            text,
    progressed_at        timestamptz,
    unclean              boolean not null default false,
    owes_clean_up        boolean not null default false,
    applied              boolean not null default false
);

-- The oid of the root of the partition tree that a claimed schema run works on. A lease is the right to work on it alone: over all
-- instances and partitions there is no second one. An oid, as a name may change while the run works.
alter table ${ledger}.run add column root_table oid;

create unique index run_alone_on_root on ${ledger}.run (root_table) where lease_owner is not null;

-- The root as it is now; null for data runs and where the table is gone. pg_partition_root would stop at a partition whose
-- detachment is pending, which is a part of the tree until that is final.
create function ${ledger}.root_of(p_run bigint) returns oid
language sql stable as $$
    with recursive above (rel, level) as (
        select c.oid, 0
          from ${ledger}.schema_run s
          join pg_namespace n on n.nspname = s.table_schema
          join pg_class c on c.relnamespace = n.oid and c.relname = s.table_name
         where s.run_id = p_run
        union all
        select h.inhparent, a.level + 1
          from above a
          join pg_inherits h on h.inhrelid = a.rel
          join pg_class p on p.oid = h.inhparent and p.relkind = 'p')
    select rel from above order by level desc limit 1
$$;

-- Whether the catalog says that something is left to do. Where it cannot say, the last run decides.
create function ${ledger}.is_undone(p_operation text, p_schema text, p_table text, p_object text) returns boolean
language sql stable as $$
    select case
        when p_operation = 'add_index' then not exists (
            select from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = p_schema and c.relname = p_object and i.indisvalid)
        when p_operation = 'remove_index' then exists (
            select from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = p_schema and c.relname = p_object)
        when p_operation in ('validate_foreign_key', 'validate_constraint') then exists (
            select from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = p_schema and c.relname = p_table and k.conname = p_object and not k.convalidated)
        when p_operation = 'attach_unique_constraint' then not exists (
            select from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = p_schema and c.relname = p_table and k.conname = p_object)
        when p_operation = 'detach_partition' then exists (
            select from pg_inherits h join pg_class c on c.oid = h.inhparent join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = p_schema and c.relname = p_table and h.inhrelid = to_regclass(p_object))
        else false end
$$;

-- As enqueue, for schema runs: the catalog decides whether a run that SUCCEEDED is followed by another one. What was CANCELLED is
-- begun again by nobody but who says so.
create function ${ledger}.enqueue_schema(
    p_operation text, p_schema text, p_table text, p_object text, p_name text, p_definition jsonb,
    p_statement_timeout_ms bigint, p_lock_budget_ms bigint, p_status text, p_max_attempts integer, p_again boolean,
    out run_id bigint, out created boolean)
language plpgsql as $$
begin
    select e.run_id, e.created into run_id, created
      from ${ledger}.enqueue('SCHEMA', p_name, '', '[]', p_status, p_max_attempts,
                             p_again or (${ledger}.is_undone(p_operation, p_schema, p_table, p_object)
                                 and not exists (
                                     select from ${ledger}.run r
                                      where r.kind = 'SCHEMA' and r.name = p_name and r.status = 'CANCELLED'
                                        and r.generation = (select max(o.generation) from ${ledger}.run o
                                                             where o.kind = 'SCHEMA' and o.name = p_name)))) e;
    if created then
        insert into ${ledger}.schema_run (run_id, operation, table_schema, table_name, object, definition,
            statement_timeout_ms, lock_budget_ms)
        values (enqueue_schema.run_id, p_operation, p_schema, p_table, p_object, p_definition,
            p_statement_timeout_ms, p_lock_budget_ms);
    end if;
end
$$;

-- A definition in one way of all in which it can be written: a key may be the name of a column alone, and what is so by default may
-- be said or not.
create function ${ledger}.plain_definition(p_definition jsonb) returns jsonb
language sql immutable as $$
    select coalesce(jsonb_object_agg(d.key, case
               when d.key = 'keys' and jsonb_typeof(d.value) = 'array' then (
                   select jsonb_agg(case jsonb_typeof(k.it)
                              when 'string' then jsonb_build_object('column', k.it)
                              when 'object' then (
                                  select coalesce(jsonb_object_agg(f.key, case when f.key in ('order', 'nulls')
                                             then to_jsonb(lower(f.value #>> '{}')) else f.value end), '{}')
                                    from jsonb_each(k.it) f
                                   where f.value <> 'null'
                                     and (f.key, lower(f.value #>> '{}')) not in (('order', 'asc'), ('nulls', 'default')))
                              else k.it end order by k.number)
                     from jsonb_array_elements(d.value) with ordinality k (it, number))
               when d.key = 'storage' and jsonb_typeof(d.value) = 'object' then (
                   select jsonb_object_agg(f.key, f.value #>> '{}') from jsonb_each(d.value) f)
               else d.value end), '{}')
      from jsonb_each(p_definition) d
     where d.value not in ('null', 'false', '[]', '{}') and not (d.key = 'method' and d.value = '"btree"')
$$;

-- Hands a schema migration to Sluice in the caller's own transaction, from any SQL client. The table must exist; the rest is
-- validated when a worker claims it. The definition is that of the operation's page in the manual. Options: statementTimeoutMs,
-- lockBudgetMs, maxAttempts, delayed, again.
create function ${ledger}.enqueue_schema_migration(
    p_operation text, p_table text, p_definition jsonb default '{}', p_options jsonb default '{}') returns bigint
language plpgsql as $$
declare
    v_unknown text;
    v_object  text;
    v_schema  text;
    v_table   text;
    v_name    text;
    v_run     bigint;
    v_created boolean;
begin
    select string_agg(k, ', ') into v_unknown from jsonb_object_keys(p_options) k
     where k not in ('statementTimeoutMs', 'lockBudgetMs', 'maxAttempts', 'delayed', 'again');
    if (p_options ->> 'maxAttempts')::integer not between 1 and 1000 then
        raise exception 'sluice: maxAttempts must be 1..1000, was %', p_options ->> 'maxAttempts' using errcode = '22023';
    end if;
    if v_unknown is not null then
        raise exception 'sluice: unknown option % for enqueue_schema_migration', v_unknown using errcode = '22023';
    end if;
    if p_operation not in ('add_index', 'remove_index', 'reindex', 'validate_foreign_key', 'validate_constraint',
            'attach_unique_constraint', 'detach_partition', 'refresh_materialized_view', 'vacuum', 'analyze', 'statement') then
        raise exception 'sluice: unknown operation % for enqueue_schema_migration', p_operation using errcode = '22023';
    end if;
    v_object := p_definition ->> case p_operation
        when 'add_index' then 'name' when 'remove_index' then 'name' when 'reindex' then 'index'
        when 'validate_foreign_key' then 'constraint' when 'validate_constraint' then 'constraint'
        when 'attach_unique_constraint' then 'constraint' when 'detach_partition' then 'partition'
        when 'statement' then 'name' else '' end;
    if v_object is null and p_operation not in ('reindex', 'refresh_materialized_view', 'vacuum', 'analyze') then
        raise exception 'sluice: the definition of % does not name what it is about', p_operation using errcode = '22023';
    end if;
    if length(v_object) > 0 and octet_length(v_object) > 63 and p_operation <> 'detach_partition' then
        raise exception 'sluice: name % is longer than 63 bytes', v_object using errcode = '42622';
    end if;
    select n.nspname, c.relname into v_schema, v_table
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass(p_table);
    if v_table is null then
        raise exception 'sluice: there is no table %', p_table using errcode = '42P01';
    end if;
    v_name := case when p_operation = 'statement' then v_object
                   else p_operation || ' ' || coalesce(v_object || ' on ', '') || array_to_string(parse_ident(p_table), '.') end;
    select e.run_id, e.created into v_run, v_created
      from ${ledger}.enqueue_schema(p_operation, v_schema, v_table, v_object, v_name, p_definition,
        (p_options ->> 'statementTimeoutMs')::bigint, (p_options ->> 'lockBudgetMs')::bigint,
        case when (p_options ->> 'delayed')::boolean then 'DELAYED' else 'ENQUEUED' end,
        coalesce((p_options ->> 'maxAttempts')::integer, 5), coalesce((p_options ->> 'again')::boolean, false)) e;
    if not v_created and exists (select from ${ledger}.run r where r.id = v_run and r.status = 'CANCELLED') then
        raise exception 'sluice: run % of % was CANCELLED; remove it, or enqueue it with the option again', v_run, v_name
            using errcode = '22023';
    end if;
    -- what is there cannot become another thing, and must not be taken for it
    if not v_created and exists (
            select from ${ledger}.schema_run s join ${ledger}.run r on r.id = s.run_id
             where s.run_id = v_run
               and (${ledger}.plain_definition(s.definition) <> ${ledger}.plain_definition(p_definition)
                    or s.table_schema <> v_schema)) then
        raise exception 'sluice: run % of % has another definition; give this one another name, or cancel or remove that one',
            v_run, v_name using errcode = '22023';
    end if;
    return v_run;
end
$$;

-- As claim, for schema runs: of the known operations, and never one whose table somebody works on. They are looked at one after
-- the other, so that the second one of a table sees that the first one was taken.
create function ${ledger}.claim_schema(p_owner text, p_operations text[], p_slots integer, p_lease_ms bigint)
returns setof ${ledger}.run
language plpgsql volatile as $$
declare
    v_left integer;
    v_due  record;
    v_root oid;
    v_run  ${ledger}.run;
begin
    perform pg_advisory_xact_lock(hashtext(${channel}), hashtext('SCHEMA'));
    select p_slots - count(*) into v_left from ${ledger}.run r
     where r.kind = 'SCHEMA' and r.lease_owner is not null and r.status in ('RUNNING', 'PAUSING', 'CANCELLING');
    for v_due in
        select r.id, r.status from ${ledger}.run r join ${ledger}.schema_run s on s.run_id = r.id
         where r.kind = 'SCHEMA' and r.status in ('ENQUEUED', 'ERRORED') and r.lease_owner is null
           and (r.next_attempt_at is null or r.next_attempt_at <= clock_timestamp())
           and s.operation = any (p_operations)
         order by r.id
           for no key update of r skip locked
    loop
        exit when v_left <= 0;
        v_root := ${ledger}.root_of(v_due.id);
        if exists (select from ${ledger}.run o where o.root_table = v_root and o.lease_owner is not null) then
            continue;
        end if;
        begin
            update ${ledger}.run r
               set status = 'RUNNING', lease_owner = p_owner, lease_token = r.lease_token + 1, root_table = v_root,
                   lease_expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond',
                   throttle_reason = null, next_attempt_at = null, started_at = coalesce(r.started_at, clock_timestamp()),
                   updated_at = clock_timestamp(), version = r.version + 1
             where r.id = v_due.id
            returning r.* into v_run;
        exception when unique_violation then
            -- a foreground caller was first
            continue;
        end;
        update ${ledger}.schema_run s set root_table = v_root::regclass::text where s.run_id = v_due.id;
        perform ${ledger}.journal(v_run.id, v_run.name, 'STATUS',
            jsonb_build_object('from', v_due.status, 'to', 'RUNNING', 'owner', p_owner));
        v_left := v_left - 1;
        return next v_run;
    end loop;
end
$$;

-- First in the transaction of a statement that changes the schema: refuses it to who has lost the lease, or was asked to stop.
create function ${ledger}.hold_schema_run(p_run bigint, p_token bigint) returns void
language plpgsql as $$
begin
    if not exists (select from ${ledger}.run r where r.id = p_run and r.lease_token = p_token
                      and r.lease_owner is not null and r.status in ('RUNNING', 'FINISHING')) then
        raise exception 'sluice: the lease of run % is lost, or it was asked to stop', p_run using errcode = 'SLU01';
    end if;
end
$$;

-- Whether a younger run of the same change has begun: what is there is that one's then.
create function ${ledger}.is_superseded(p_run bigint) returns boolean
language sql stable as $$
    select exists (
        select from ${ledger}.schema_run s
          join ${ledger}.schema_run y on y.run_id > s.run_id and y.operation = s.operation
               and y.table_schema = s.table_schema and y.table_name = s.table_name and y.object is not distinct from s.object
          join ${ledger}.run o on o.id = y.run_id
         where s.run_id = p_run and o.started_at is not null)
$$;

-- Whether who had that token may clean up: while the lease is held under it, or when the run is over, nobody works on the table,
-- and it is not superseded.
create function ${ledger}.may_clean_up(p_run bigint, p_token bigint) returns boolean
language sql stable as $$
    select exists (
        select from ${ledger}.run r
         where r.id = p_run and r.lease_token = p_token
           and (r.lease_owner is not null
                or (r.status in ('CANCELLED', 'FAILED', 'SUCCEEDED')
                    and not exists (select from ${ledger}.run o
                                     where o.root_table = ${ledger}.root_of(p_run) and o.lease_owner is not null)
                    and not ${ledger}.is_superseded(p_run))))
$$;

-- First before each statement of a clean-up: a worker that woke up late must not remove what others have built since.
create function ${ledger}.hold_clean_up(p_run bigint, p_token bigint) returns void
language plpgsql as $$
begin
    if not ${ledger}.may_clean_up(p_run, p_token) then
        raise exception 'sluice: what run % left is cleaned up by somebody else', p_run using errcode = 'SLU01';
    end if;
end
$$;

-- Last in that transaction: done, once and for all.
create function ${ledger}.applied(p_run bigint) returns void
language sql as $$
    update ${ledger}.schema_run set applied = true where run_id = p_run
$$;
