-- That a data run is throttled: why just now, since when, and how much time that cost so far. Written when it begins and ends and
-- every few seconds while it lasts, never in the transaction of a sub-batch.
alter table ${ledger}.data_run
    add column throttle_reason text,
    add column throttled_since timestamptz,
    add column throttled_ms    bigint not null default 0;
