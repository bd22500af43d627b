-- What every sub-batch pays for, cheaper. PostgreSQL prepares the expressions of a statement anew in each transaction, so those for
-- sizes by time cost as much as the rest of the checkpoint; a size that is fixed, and was not cut, needs none of them.
create or replace function ${ledger}.checkpoint(
    p_lane bigint, p_cursor text[], p_seen bigint, p_changed bigint, p_target integer) returns void
language plpgsql as $$
declare
    v_took double precision := 1000 * extract(epoch from clock_timestamp() - transaction_timestamp());
    v_target integer;
    v_size integer;
    v_sized_rows double precision;
    v_sized_ms double precision;
    v_first integer;
    v_least integer;
    v_most integer;
begin
    -- the lane is ours: the guard has locked its row
    select d.target_ms, l.size, l.sized_rows, l.sized_ms, d.sub_batch_size, d.least_size, least(d.most_size, d.batch_size)
      into v_target, v_size, v_sized_rows, v_sized_ms, v_first, v_least, v_most
      from ${ledger}.lane l join ${ledger}.data_run d on d.run_id = l.run_id
     where l.id = p_lane;
    if v_target > 0 or v_size is not null then
        v_sized_rows := 0.75 * v_sized_rows + p_seen;
        v_sized_ms := 0.75 * v_sized_ms + v_took;
        v_size := ${ledger}.next_size(
            coalesce(v_size, v_first), p_seen, v_took, v_sized_rows, v_sized_ms, v_first,
            case when p_target > 0 then least(p_target, v_target) else v_target end,
            -- a batch has no more, and a size that is never used up learns nothing
            v_least, v_most);
        if v_target = 0 then
            v_sized_rows := 0;
            v_sized_ms := 0;
        end if;
    end if;
    update ${ledger}.lane
       set cursor = p_cursor, sub_batches = sub_batches + 1,
           rows_seen = rows_seen + p_seen, batch_seen = batch_seen + p_seen,
           rows_changed = rows_changed + p_changed, batch_changed = batch_changed + p_changed,
           working_ms = working_ms + v_took, batch_ms = batch_ms + v_took,
           sized_rows = v_sized_rows, sized_ms = v_sized_ms, size = v_size
     where id = p_lane;
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
