-- tag::copy[]
alter table app.users add column full_name text;
select sluice.enqueue_data_migration('CopyColumn', '["app.users", "name", "full_name"]');
-- end::copy[]

-- tag::backfill[]
select sluice.enqueue_data_migration('BackfillColumn',
       '["app.users", {"plan": "free", "tags": ["new"]}, {"expressions": {"email_lower": "lower(email)"}}]');
-- end::backfill[]

-- tag::casts[]
select sluice.enqueue_data_migration('CopyColumn',
       '["app.users", ["name", "born"], ["shouted", "born_on"],
         {"casts": {"shouted": {"function": "upper"}, "born_on": {"expression": "born::date"}}}]');
-- end::casts[]

-- tag::associated[]
select sluice.enqueue_data_migration('DeleteAssociatedRecords', '["app.comments", {"author_id": 42}]');
-- end::associated[]

-- tag::orphaned[]
select sluice.enqueue_data_migration('DeleteOrphanedRecords',
       '["app.comments", [{"table": "app.posts", "on": {"id": "post_id"}},
                          {"table": "app.users", "on": {"id": "author_id"}}]]');
-- end::orphaned[]

-- tag::action[]
select sluice.enqueue_data_migration('PerformActionOnRelation',
       '["app.users", {"plan": ["trial", "test"], "born": null}, "delete"]');
select sluice.enqueue_data_migration('PerformActionOnRelation',
       '["app.users", {"plan": "basic"}, "update", {"updates": {"plan": "free"}, "where": "email like ''%@x.org''"}]');
-- end::action[]

-- tag::counters[]
select sluice.enqueue_data_migration('ResetCounters',
       '["app.posts", {"comments_count": {"table": "app.comments", "on": {"post_id": "id"}},
                       "tags_count": {"table": "app.tags", "on": {"id": "tag_id"}, "where": "not internal",
                                      "through": {"table": "app.taggings", "on": {"post_id": "id"}}}},
         {"touch": true}]');
-- end::counters[]
