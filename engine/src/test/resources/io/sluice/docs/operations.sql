-- tag::runs[]
select r.id, r.name, r.arguments, r.status, r.attempts, r.max_attempts, r.next_attempt_at, r.throttle_reason,
       r.lease_owner, r.lease_expires_at - clock_timestamp() as lease_left, r.error_class, r.error_sqlstate, r.error_message
  from sluice.run r order by r.id desc;
-- end::runs[]

-- tag::blocked[]
select w.pid, w.application_name, w.wait_event, b.pid as blocker, b.state, b.usename, b.application_name, b.query
  from pg_stat_activity w cross join lateral unnest(pg_blocking_pids(w.pid)) p (pid) join pg_stat_activity b on b.pid = p.pid
 where w.application_name like 'sluice run %';
-- end::blocked[]

-- tag::progress[]
select r.id, r.status, d.pass, d.phase, l.number as lane, l.cursor, l.upper, l.rows_seen, l.rows_changed, d.rows_total
  from sluice.run r join sluice.data_run d on d.run_id = r.id left join sluice.lane l on l.run_id = r.id
 order by r.id desc, l.number;
-- end::progress[]

-- tag::batches[]
select b.id, b.pass, b.lower, b.upper, b.status, b.attempts, b.error_class, b.error_sqlstate, b.error_message
  from sluice.batch b where b.run_id = 1 order by b.id desc limit 20;
-- end::batches[]

-- tag::errors[]
select e.number, e.at, e.name, e.kind, e.detail ->> 'errorClass' as error, e.detail ->> 'message' as message
  from sluice.event e where e.detail ? 'errorClass' order by e.number desc limit 20;
-- end::errors[]

-- tag::settings[]
select d.run_id, d.batch_size, d.sub_batch_size, d.batch_pause_ms, d.sub_batch_pause_ms, d.batch_attempts
  from sluice.data_run d order by d.run_id desc;
-- end::settings[]

-- tag::versions[]
select version, lowest_engine from sluice.ledger;
-- end::versions[]

-- tag::privileges[]
grant usage, create on schema sluice to app;
grant select, insert, update, delete on all tables in schema sluice to app;
grant execute on all functions in schema sluice to app;
grant select, update on users to app;
-- end::privileges[]
