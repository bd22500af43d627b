-- What every sub-batch pays for, cheaper. PostgreSQL prepares the expressions of a statement anew in each transaction, so those for
-- sizes by time cost as much as the rest of the checkpoint; a size that is fixed, and was not cut, needs none of them.
create or replace function ${ledger}.checkpoint(
    p_lane bigint, p_cursor text[], p_seen bigint, p_changed bigint, p_target integer) returns void
language plpgsql as $$
declare
    v_took double precision := 1000 * extract(epoch from clock_timestamp() - transaction_timestamp());
begin
    update ${ledger}.lane l
       set cursor = p_cursor, sub_batches = l.sub_batches + 1,
           rows_seen = l.rows_seen + p_seen, batch_seen = l.batch_seen + p_seen,
           rows_changed = l.rows_changed + p_changed, batch_changed = l.batch_changed + p_changed,
           working_ms = l.working_ms + v_took, batch_ms = l.batch_ms + v_took
      from ${ledger}.data_run d
     where l.id = p_lane and d.run_id = l.run_id and d.target_ms = 0 and l.size is null;
    if found then
        return;
    end if;
    update ${ledger}.lane l
       set cursor = p_cursor, sub_batches = l.sub_batches + 1,
           rows_seen = l.rows_seen + p_seen, batch_seen = l.batch_seen + p_seen,
           rows_changed = l.rows_changed + p_changed, batch_changed = l.batch_changed + p_changed,
           working_ms = l.working_ms + v_took, batch_ms = l.batch_ms + v_took,
           sized_rows = case when d.target_ms > 0 then 0.75 * l.sized_rows + p_seen else 0 end,
           sized_ms = case when d.target_ms > 0 then 0.75 * l.sized_ms + v_took else 0 end,
           size = ${ledger}.next_size(
               coalesce(l.size, d.sub_batch_size), p_seen, v_took, 0.75 * l.sized_rows + p_seen, 0.75 * l.sized_ms + v_took,
               d.sub_batch_size, case when p_target > 0 then least(p_target, d.target_ms) else d.target_ms end,
               -- a batch has no more, and a size that is never used up learns nothing
               d.least_size, least(d.most_size, d.batch_size))
      from ${ledger}.data_run d
     where l.id = p_lane and d.run_id = l.run_id;
end
$$;

-- First in a transaction of several statements: how long it may wait and be silent, how it commits (null: as it would), whose it is,
-- and the guard. One call, as each statement of a message is parsed, planned and answered by itself.
create function ${ledger}.begin_sub_batch(
    p_lane bigint, p_token bigint, p_epoch bigint, p_lock_ms bigint, p_idle_ms bigint, p_synchronous_commit text,
    p_application text,
    out state text, out lower text[], out stop text[], out lane_upper text[],
    out batch_size integer, out sub_batch_size integer, out batch_pause_ms bigint, out sub_batch_pause_ms bigint)
language plpgsql as $$
begin
    perform set_config('lock_timeout', p_lock_ms::text, true),
            set_config('idle_in_transaction_session_timeout', p_idle_ms::text, true),
            set_config('synchronous_commit', coalesce(p_synchronous_commit, current_setting('synchronous_commit')), true),
            set_config('application_name', p_application, true);
    select o.state, o.lower, o.stop, o.lane_upper, o.batch_size, o.sub_batch_size, o.batch_pause_ms, o.sub_batch_pause_ms
      into state, lower, stop, lane_upper, batch_size, sub_batch_size, batch_pause_ms, sub_batch_pause_ms
      from ${ledger}.open_sub_batch(p_lane, p_token, p_epoch) o;
end
$$;
