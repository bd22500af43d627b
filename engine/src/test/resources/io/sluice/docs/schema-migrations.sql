-- tag::add-index[]
select sluice.enqueue_schema_migration('add_index', 'users',
       '{"name": "users_search", "keys": [{"expression": "lower(name)", "opclass": "text_pattern_ops"}, "id"],
         "include": ["email"], "where": "deleted_at is null", "storage": {"fillfactor": 80}, "analyze": true}',
       '{"maxAttempts": 3, "lockBudgetMs": 600000}');
-- end::add-index[]
-- tag::remove-index[]
select sluice.enqueue_schema_migration('remove_index', 'users', '{"name": "users_old"}');
-- end::remove-index[]
-- tag::reindex[]
select sluice.enqueue_schema_migration('reindex', 'users', '{"index": "users_pkey"}');
select sluice.enqueue_schema_migration('reindex', 'orders');
-- end::reindex[]
-- tag::validate[]
select sluice.enqueue_schema_migration('validate_foreign_key', 'orders', '{"constraint": "orders_user_fk"}');
select sluice.enqueue_schema_migration('validate_constraint', 'orders', '{"constraint": "orders_positive"}');
-- end::validate[]
-- tag::detach[]
select sluice.enqueue_schema_migration('detach_partition', 'logs', '{"partition": "logs_2024"}');
-- end::detach[]
-- tag::refresh[]
select sluice.enqueue_schema_migration('refresh_materialized_view', 'totals');
-- end::refresh[]
-- tag::vacuum[]
select sluice.enqueue_schema_migration('vacuum', 'users');
-- end::vacuum[]
-- tag::statement[]
select sluice.enqueue_schema_migration('statement', 'users',
       '{"name": "users-email-statistics", "sql": "alter table users alter column email set statistics 500"}');
-- end::statement[]
