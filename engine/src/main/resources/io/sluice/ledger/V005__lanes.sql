-- Several lanes a run.

alter table ${ledger}.data_run
    drop constraint one_lane_for_now,
    add constraint data_run_lanes_check check (lanes between 1 and 64);
