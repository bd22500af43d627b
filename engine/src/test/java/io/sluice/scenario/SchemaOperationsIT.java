package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaDefinitionException;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.StatementRunsException;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Each operation does what it says, once, and the catalog or the ledger says that it is done. */
class SchemaOperationsIT {

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "insert into users select n, 'u' || n from generate_series(1, 500) n",
                "create table orders (id bigint primary key, user_id bigint, amount int)",
                "insert into orders select n, n, n from generate_series(1, 500) n");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void anIndexOfWhichNoConstraintCanBeMadeIsToldBeforeAnythingIsEnqueued() {
        database.execute(
                "create index plain on users (email)",
                "create unique index partial on users (email) where id > 10",
                "create unique index lower_one on users (lower(email))",
                "create unique index downwards on users (email desc)",
                "create table logs (day int) partition by list (day)",
                "create unique index logs_day on logs (day)");
        Map.of(
                        "plain", "is not unique",
                        "partial", "has a condition",
                        "lower_one", "has expressions",
                        "downwards", "is sorted in another order")
                .forEach((index, why) -> assertThatThrownBy(() -> SchemaStage.enqueued(
                                sluice, SchemaMigration.attachUniqueConstraint("users", "users_email_key", index)))
                        .isInstanceOf(SchemaDefinitionException.class)
                        .hasMessageContaining(why));
        assertThatThrownBy(() -> SchemaStage.enqueued(
                        sluice, SchemaMigration.attachUniqueConstraint("logs", "logs_day_key", "logs_day")))
                .hasMessageContaining("is partitioned");
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
    }

    /** A lock timeout is one of rows, too. */
    @Test
    void aStatementThatChangesRowsWaitsForOneThatSomebodyHasLocked() {
        Connection stranger = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(stranger, "begin; update users set email = 'his' where id = 1")
                .block(SOON);
        Run run = SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.statement(
                        "shout", "users", "/* all */ update users set email = upper(email)")));
        sluice.start().block(SOON);
        Watched.within(
                SOON,
                "it has waited for longer than a lock timeout",
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and application_name like 'sluice schema %' and wait_event = 'transactionid'"
                                + " and xact_start < clock_timestamp() - interval '1 second'")
                        == 1);
        Statements.script(stranger, "commit").then(Mono.from(stranger.close())).block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(SchemaStage.notes(database, run)).noneMatch(note -> note.contains("got no lock"));
        assertThat(database.queryLong("select count(*) from users where email = 'HIS'"))
                .isOne();
    }

    @Test
    void aFailedRunIsDismissedOnlyWhereItsChangeIsMade() {
        database.execute("insert into users values (5001, 'u7')");
        SchemaMigration unique = SchemaMigration.addIndex("users", "email").unique();
        SchemaStage.enqueued(sluice, unique);
        Run failed = SchemaStage.worked(sluice);
        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);

        assertThatThrownBy(() -> sluice.dismiss(failed.id()).block(SOON))
                .isInstanceOf(StatementRunsException.class)
                .hasMessageContaining("the catalog says that its change is not made");
        assertThat(sluice.run(failed.id()).block(SOON).status()).isEqualTo(RunStatus.FAILED);

        database.execute("delete from users where id = 5001", "create unique index users_email_idx on users (email)");
        assertThat(sluice.dismiss(failed.id()).block(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void percentOfASecondAttemptBeginsAtNothing() {
        database.execute("insert into users values (5001, 'u7')");
        SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", "email").unique());
        Run failed = SchemaStage.worked(sluice);
        database.execute("update sluice.schema_run set percent = 97");
        sluice.retry(failed.id()).block(SOON);

        SchemaStage.worked(sluice);

        assertThat(database.queryLong("select percent::bigint from sluice.schema_run"))
                .isLessThan(97);
    }

    @Test
    void anIndexIsRemovedAndThereIsNothingToDoWhereThereIsNone() {
        database.execute("create index going on users (email)");

        assertThat(inline(SchemaMigration.removeIndex("users", "going")).status())
                .isEqualTo(RunStatus.SUCCEEDED);

        assertThat(index(database, "going")).isNull();
        assertThat(inline(SchemaMigration.removeIndex("users", "never_was")).status())
                .isEqualTo(RunStatus.SUCCEEDED);
        database.execute("create index of_orders on orders (amount)");
        assertThatThrownBy(() -> inline(SchemaMigration.removeIndex("users", "of_orders")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("is not one of public.users");
    }

    @Test
    void anIndexIsBuiltAnewAndWhatAnInterruptedReindexLeftIsDropped() {
        database.execute(
                "create index grown on users (email)",
                "create index grown_ccnew on users (email)",
                "update pg_index set indisvalid = false where indexrelid = 'grown_ccnew'::regclass");
        long before = database.queryLong("select pg_relation_filenode('grown')::bigint");

        Run run = inline(SchemaMigration.reindex("users", "grown"));

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select pg_relation_filenode('grown')::bigint"))
                .isNotEqualTo(before);
        assertThat(index(database, "grown_ccnew")).isNull();
        assertThat(inline(SchemaMigration.reindex("orders")).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThatThrownBy(() -> inline(SchemaMigration.reindex("users", "nowhere")))
                .hasMessageContaining("there is no index nowhere");
    }

    @Test
    void constraintsAreValidated() {
        database.execute(
                "alter table orders add constraint to_user foreign key (user_id) references users not valid",
                "alter table orders add constraint positive check (amount > 0) not valid");

        inline(SchemaMigration.validateForeignKey("orders", "to_user"));
        inline(SchemaMigration.validateConstraint("orders", "positive"));

        assertThat(database.queryLong("select count(*) from pg_constraint where convalidated"
                        + " and conname in ('to_user', 'positive')"))
                .isEqualTo(2);
        assertThatThrownBy(() -> inline(SchemaMigration.validateForeignKey("orders", "positive")))
                .hasMessageContaining("is no foreign key");
        assertThatThrownBy(() -> inline(SchemaMigration.validateConstraint("orders", "none")))
                .hasMessageContaining("there is no constraint none");
    }

    /** They are constraints since PostgreSQL 18. */
    @Test
    void aNotNullConstraintIsValidated() {
        assumeThat(version()).isGreaterThanOrEqualTo(180_000);
        database.execute("alter table orders add constraint has_user not null user_id not valid");

        Run run = inline(SchemaMigration.validateConstraint("orders", "has_user"));

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from pg_constraint where convalidated and conname = 'has_user'"))
                .isEqualTo(1);
    }

    @Test
    void eachShardHasARunOfItsOwn() {
        Database second = TestDatabase.createDatabase();
        second.execute("create table users (id bigint primary key, email text)");
        Sluice both = Sluice.builder()
                .shard("one", database.connectionFactory())
                .shard("two", second.connectionFactory())
                .build();
        both.install().block(SOON);
        SchemaMigration byEmail = SchemaMigration.addIndex("users", "email");

        assertThat(both.schema()
                        .enqueue(EnqueueSchema.of(byEmail))
                        .collectList()
                        .block(SOON))
                .extracting(it -> it.run().id().shard())
                .containsExactlyInAnyOrder("one", "two");
        both.runOnce().blockLast(SOON);

        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
        assertThat(index(second, "users_email_idx")).startsWith("CREATE INDEX");
        assertThat(both.schema().ensureSucceeded(byEmail).block(SOON)).isNotNull();
        SchemaMigration byId = SchemaMigration.addIndex("users", "id").name("by_id");
        both.schema().enqueue(EnqueueSchema.of(byId).shards("two").inline()).blockLast(SOON);
        assertThat(index(database, "by_id")).isNull();
        assertThat(index(second, "by_id")).startsWith("CREATE INDEX");
        both.close().block(SOON);
        second.close();
    }

    @Test
    void rowsThatBreakAConstraintFailItsValidationAtOnce() {
        database.execute(
                "alter table orders add constraint small check (amount < 500) not valid",
                "select sluice.enqueue_schema_migration('validate_constraint', 'orders', '{\"constraint\": \"small\"}')");

        Run run = SchemaStage.worked(sluice);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().sqlState()).isEqualTo("23514");
        assertThat(run.failure().constraint()).isEqualTo("small");
        database.execute("delete from orders where amount = 500");
        sluice.retry(run.id()).block(SOON);
        assertThat(SchemaStage.worked(sluice).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void aUniqueIndexBecomesAConstraint() {
        inline(SchemaMigration.addIndex("users", "email").unique().name("users_email_unique"));
        SchemaMigration attach =
                SchemaMigration.attachUniqueConstraint("users", "users_email_key", "users_email_unique");

        Run run = inline(attach);

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryString(
                        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'users_email_key'"))
                .isEqualTo("UNIQUE (email)");
        assertThat(SchemaStage.enqueued(sluice, attach).id()).isEqualTo(run.id());
        assertThatThrownBy(() -> inline(SchemaMigration.attachUniqueConstraint("users", "other", "nowhere")))
                .hasMessageContaining("there is no index nowhere");
    }

    @Test
    void aPartitionIsDetachedAndAPendingDetachmentFinalized() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)",
                "create table logs_2 partition of logs for values in (2)",
                "insert into logs values (1, 'a'), (2, 'b')");

        inline(SchemaMigration.detachPartition("logs", "logs_1"));
        assertThat(database.queryLong("select count(*) from logs")).isOne();

        // as an interrupted one leaves it
        database.execute("update pg_inherits set inhdetachpending = true where inhrelid = 'logs_2'::regclass");
        inline(SchemaMigration.detachPartition("logs", "logs_2"));
        assertThat(database.queryLong("select count(*) from pg_inherits where inhparent = 'logs'::regclass"))
                .isZero();
    }

    @Test
    void viewsAreRefreshedAndTablesVacuumedAndAnalyzed() {
        database.execute(
                "create materialized view totals as select user_id, sum(amount) as total from orders group by 1",
                "create unique index on totals (user_id)",
                "update orders set amount = amount + 1",
                "delete from users where id > 400");

        inline(SchemaMigration.refreshMaterializedView("totals"));
        inline(SchemaMigration.vacuum("users"));
        inline(SchemaMigration.analyze("users"));

        assertThat(database.queryLong("select total from totals where user_id = 7"))
                .isEqualTo(8);
        assertThat(database.queryLong("select count(*) from pg_stats where tablename = 'users'"))
                .isPositive();
        assertThat(database.queryLong("select relallvisible::bigint from pg_class where relname = 'users'"))
                .isPositive();
        assertThatThrownBy(() -> inline(SchemaMigration.refreshMaterializedView("users")))
                .hasMessageContaining("is no materialized view");
    }

    @Test
    void aStatementOfOnesOwnIsDoneOnceAndOutsideOfATransactionWhereItMust() {
        SchemaMigration add =
                SchemaMigration.statement("one-more-user", "users", "insert into users values (9001, 'x'); -- once");

        Run run = inline(add);
        assertThat(SchemaStage.enqueued(sluice, add).id()).isEqualTo(run.id());
        inline(SchemaMigration.statementOutsideTransaction(
                "big", "users", "create index concurrently big on users (email)"));

        assertThat(database.queryLong("select count(*) from users where id = 9001"))
                .isOne();
        assertThat(database.queryString("select applied::text from sluice.schema_run where run_id = "
                        + run.id().number()))
                .isEqualTo("true");
        assertThat(index(database, "big")).startsWith("CREATE INDEX");
    }

    @Test
    void withoutDirectConnectionsWhatIsConcurrentIsRefusedAndTheRestIsDone() {
        Sluice behindProxy = Sluice.builder()
                .shard(Shard.behindProxy("primary", database.connectionFactory()))
                .build();
        database.execute("alter table orders add constraint positive check (amount > 0) not valid");

        assertThatThrownBy(() -> SchemaStage.enqueued(behindProxy, SchemaMigration.addIndex("users", "email")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("Shard.withDirect");
        assertThat(SchemaStage.enqueued(
                                behindProxy,
                                EnqueueSchema.of(SchemaMigration.validateConstraint("orders", "positive"))
                                        .inline())
                        .status())
                .isEqualTo(RunStatus.SUCCEEDED);
        behindProxy.close().block(SOON);
    }

    private long version() {
        return database.queryLong("select current_setting('server_version_num')::int");
    }

    private Run inline(SchemaMigration migration) {
        return SchemaStage.enqueued(sluice, EnqueueSchema.of(migration).inline());
    }
}
