-- tag::table[]
create table users (id bigint generated always as identity primary key, email text, email_lower text);
insert into users (email) select 'User.' || n || '@Example.org' from generate_series(1, 100000) n;
-- end::table[]

-- tag::look[]
select r.id, r.name, r.status, d.rows_seen, d.rows_changed, r.finished_at - r.started_at as took
  from sluice.run r join sluice.data_run d on d.run_id = r.id order by r.id desc;
-- end::look[]
