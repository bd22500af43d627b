package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.lock.LockAttempt;
import io.sluice.lock.LockRetrier;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.schema.BlockerPolicy;
import io.sluice.schema.IndexKey;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.SchemaSettings;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What docs/guides/schema-migrations.md and the pages in docs/schema-migrations show. */
class SchemaMigrationsGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice =
            Sluice.builder().shard("main", database.connectionFactory()).build();

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text not null, name text, deleted_at timestamptz)",
                "insert into users select n, 'u' || n, 'N' || n from generate_series(1, 200) n",
                "create table orders (id bigint primary key, user_id bigint, amount int)",
                "insert into orders select n, n, n from generate_series(1, 200) n",
                "alter table orders add constraint orders_user_fk foreign key (user_id) references users not valid",
                "alter table orders add constraint orders_positive check (amount > 0) not valid",
                "create materialized view totals as select user_id, sum(amount) as total from orders group by user_id",
                "create unique index totals_user on totals (user_id)",
                "create table logs (day date, line text) partition by range (day)",
                "create table logs_2024 partition of logs for values from ('2024-01-01') to ('2025-01-01')");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void anIndexIsEnqueuedWatchedAndEnsured() {
        // tag::enqueue[]
        SchemaMigration byEmail =
                SchemaMigration.addIndex("users", "email").unique().name("users_email_key");

        Run run = sluice.schema().enqueue(byEmail).blockLast().run();
        // end::enqueue[]
        sluice.runOnce().blockLast(SOON);
        // tag::progress[]
        Flux<SchemaProgress> progress = sluice.schema().progress(run.id());
        // end::progress[]
        assertThat(progress.blockLast(SOON).percent()).isEqualTo(100);

        // tag::ensure[]
        sluice.schema().ensureSucceeded(byEmail).block();
        // end::ensure[]
        Sluice configured = configured();
        assertThat(configured.shards()).containsExactly("main");
        configured.close().block(SOON);
    }

    private Sluice configured() {
        // tag::settings[]
        Sluice configured = Sluice.builder()
                .shard("main", database.connectionFactory())
                .schema(SchemaSettings.DEFAULTS
                        .withLocks(LockRetrier.steps(
                                LockAttempt.of(Duration.ofMillis(100), Duration.ofSeconds(1)),
                                LockAttempt.of(Duration.ofMillis(500), Duration.ofSeconds(10)),
                                LockAttempt.of(Duration.ofSeconds(2), Duration.ofMinutes(1))))
                        .withBlockers(BlockerPolicy.cancel(Duration.ofMinutes(10), Duration.ofMinutes(1))))
                .build();
        // end::settings[]
        return configured;
    }

    @Test
    void ordersSayHow() {
        SchemaMigration byName = SchemaMigration.addIndex("users", "name");
        // tag::order[]
        EnqueueSchema order = EnqueueSchema.of(byName)
                .shards("main")
                .maxAttempts(3)
                .lockBudget(Duration.ofMinutes(30))
                .delayed();
        // end::order[]
        Run run = sluice.schema().enqueue(order).blockLast(SOON).run();

        assertThat(run.status()).isEqualTo(RunStatus.DELAYED);
        assertThat(sluice.approve(run.id()).block(SOON).status()).isEqualTo(RunStatus.ENQUEUED);
    }

    @Test
    void theDefinitionsOfTheirPagesDoWhatTheySay() {
        List<SchemaMigration> all = new ArrayList<>();
        // tag::add-index[]
        SchemaMigration search = SchemaMigration.addIndex(
                        "users",
                        IndexKey.expression("lower(name)").opclass("text_pattern_ops"),
                        IndexKey.column("id").desc())
                .include("email")
                .where("deleted_at is null")
                .storage("fillfactor", 80)
                .analyze();
        // end::add-index[]
        all.add(search);
        // tag::build[]
        SchemaMigration build =
                SchemaMigration.addIndex("users", "email").unique().name("users_email_key");
        // end::build[]
        all.add(build);
        // tag::reindex[]
        SchemaMigration one = SchemaMigration.reindex("users", "users_pkey");
        SchemaMigration whole = SchemaMigration.reindex("orders");
        // end::reindex[]
        all.addAll(List.of(one, whole));
        // tag::validate[]
        SchemaMigration key = SchemaMigration.validateForeignKey("orders", "orders_user_fk");
        SchemaMigration check = SchemaMigration.validateConstraint("orders", "orders_positive");
        // end::validate[]
        all.addAll(List.of(key, check));
        // tag::attach[]
        SchemaMigration attach = SchemaMigration.attachUniqueConstraint("users", "users_email_key", "users_email_key");
        // end::attach[]
        // tag::detach[]
        SchemaMigration detach = SchemaMigration.detachPartition("logs", "logs_2024");
        // end::detach[]
        all.add(detach);
        // tag::refresh[]
        SchemaMigration refresh = SchemaMigration.refreshMaterializedView("totals");
        // end::refresh[]
        all.add(refresh);
        // tag::vacuum[]
        SchemaMigration vacuum = SchemaMigration.vacuum("users");
        SchemaMigration analyze = SchemaMigration.analyze("users");
        // end::vacuum[]
        all.addAll(List.of(vacuum, analyze));
        // tag::statement[]
        SchemaMigration target = SchemaMigration.statement(
                "users-email-statistics", "users", "alter table users alter column email set statistics 500");
        SchemaMigration freeze =
                SchemaMigration.statementOutsideTransaction("users-freeze", "users", "vacuum (freeze) users");
        // end::statement[]
        all.addAll(List.of(target, freeze));

        all.forEach(this::done);
        done(attach);
        // tag::remove-index[]
        SchemaMigration remove = SchemaMigration.removeIndex("users", "users_expr_id_idx");
        // end::remove-index[]
        done(remove);

        assertThat(database.queryLong("select count(*) from pg_constraint where not convalidated"))
                .isZero();
        assertThat(database.queryLong("select count(*) from pg_constraint where conname = 'users_email_key'"))
                .isOne();
        assertThat(database.queryLong("select count(*) from pg_inherits where inhparent = 'logs'::regclass"))
                .isZero();
    }

    @Test
    void plainSqlEnqueuesThem() {
        database.execute(Pages.text("engine/src/test/resources/io/sluice/docs/schema-migrations.sql"));
        List<Run> runs = new ArrayList<>();
        for (List<Run> tick = tick(); !tick.isEmpty(); tick = tick()) {
            runs.addAll(tick);
        }

        assertThat(runs)
                .hasSize(10)
                .allSatisfy(run -> assertThat(run.status())
                        .as("%s: %s", run.name(), run.failure())
                        .isEqualTo(RunStatus.SUCCEEDED));
    }

    private List<Run> tick() {
        return sluice.runOnce().collectList().block(SOON);
    }

    private void done(SchemaMigration migration) {
        Run run = sluice.schema()
                .enqueue(EnqueueSchema.of(migration).inline())
                .blockLast(SOON)
                .run();
        assertThat(run.status()).as(run.name()).isEqualTo(RunStatus.SUCCEEDED);
    }
}
