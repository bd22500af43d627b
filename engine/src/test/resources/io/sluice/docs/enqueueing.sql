-- tag::migration[]
alter table users add column note text;
select sluice.enqueue_data_migration('plus-one', '[]',
       '{"subBatchSize": 100, "subBatchPauseMs": 20, "lower": ["1000"], "upper": ["2000"], "maxAttempts": 3}');
-- end::migration[]
