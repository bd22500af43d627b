package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import io.sluice.schema.AddIndex;
import io.sluice.schema.IndexKey;
import io.sluice.schema.SchemaDefinitionException;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The same migrations are enqueued at every start of an application: what is done, or is not wanted, is not begun again. */
class SchemaRunsBeginAgainIT {

    private static final AddIndex BY_EMAIL = SchemaMigration.addIndex("users", "email");

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);

    @BeforeEach
    void create() {
        database.execute("create table users (id bigint primary key, email text, deleted_at timestamptz)");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void whatWasCancelledIsBegunByNobodyButWhoSaysSo() {
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL);
        sluice.cancel(run.id()).block(SOON);

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_EMAIL))
                .isInstanceOf(RunNotSucceededException.class)
                .hasMessageContaining("was CANCELLED; remove it, or enqueue it again()");
        assertThatThrownBy(() -> database.execute("select sluice.enqueue_schema_migration('add_index', 'users',"
                        + " '{\"name\": \"users_email_idx\", \"keys\": [\"email\"]}')"))
                .hasMessageContaining("was CANCELLED; remove it, or enqueue it with the option again");

        assertThat(SchemaStage.enqueued(sluice, EnqueueSchema.of(BY_EMAIL).again())
                        .generation())
                .isEqualTo(2);
    }

    @Test
    void aUniqueConstraintInTwoStepsIsDoneOnce() {
        AddIndex build = BY_EMAIL.unique().name("users_email_key");
        SchemaMigration attach = SchemaMigration.attachUniqueConstraint("users", "users_email_key", "users_email_key");
        Run built = inline(build);
        Run attached = inline(attach);

        assertThat(inline(build).id()).isEqualTo(built.id());
        assertThat(inline(attach).id()).isEqualTo(attached.id());

        assertThat(database.queryLong("select count(*) from pg_index where indrelid = 'users'::regclass"))
                .isEqualTo(2);
        assertThat(sluice.schema().ensureSucceeded(build).block(SOON)).isNotNull();
        assertThat(sluice.schema().ensureSucceeded(attach).block(SOON)).isNotNull();
    }

    @Test
    void aConstraintOfThatNameOverAnotherIndexIsNotTakenForIt() {
        database.execute(
                "alter table users add constraint users_email_key unique (id)",
                "create unique index users_email_unique on users (email)");

        assertThatThrownBy(() -> inline(
                        SchemaMigration.attachUniqueConstraint("users", "users_email_key", "users_email_unique")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("not that of index users_email_unique");
    }

    @Test
    void aPartitionThatWasDroppedOnceItWasDetachedIsDetached() {
        database.execute(
                "create table logs (day int) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)");
        SchemaMigration detach = SchemaMigration.detachPartition("logs", "logs_1");
        Run run = inline(detach);
        database.execute("drop table logs_1");

        assertThat(inline(detach).id()).isEqualTo(run.id());
        assertThat(sluice.schema().ensureSucceeded(detach).block(SOON)).isNotNull();
        assertThatThrownBy(() -> inline(SchemaMigration.detachPartition("logs", "logs_2")))
                .hasMessageContaining("there is no partition");
    }

    @Test
    void aDefinitionMayNameItsTable() {
        inline(BY_EMAIL.where("users.deleted_at is null"));
        inline(SchemaMigration.addIndex("users", IndexKey.expression("lower(users.email)"))
                .name("lowered"));

        assertThat(index(database, "users_email_idx")).endsWith("WHERE (deleted_at IS NULL)");
        assertThat(index(database, "lowered")).endsWith("(lower(email))");
    }

    @Test
    void plainSqlIsRefusedWhatJavaIsRefused() {
        inline(BY_EMAIL);

        assertThatThrownBy(() -> database.execute("select sluice.enqueue_schema_migration('add_index', 'users',"
                        + " '{\"name\": \"users_email_idx\", \"keys\": [\"id\"]}')"))
                .hasMessageContaining("has another definition");
        assertThatThrownBy(() -> database.execute(
                        "select sluice.enqueue_schema_migration('vacuum', 'users', '{}', '{\"maxAttempts\": 0}')"))
                .hasMessageContaining("maxAttempts must be 1..1000");
        assertThat(database.queryLong("select sluice.enqueue_schema_migration('vacuum', 'users')"))
                .isEqualTo(database.queryLong("select sluice.enqueue_schema_migration('vacuum', 'users')"));
    }

    @Test
    void theSameDefinitionMayBeSpelledOtherwise() {
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL.where("deleted_at is null"));

        assertThat(database.queryLong("select sluice.enqueue_schema_migration('add_index', 'users',"
                        + " '{\"name\": \"users_email_idx\", \"keys\": [\"email\"], \"unique\": false, \"method\": \"btree\","
                        + " \"where\": \"deleted_at is null\"}')"))
                .isEqualTo(run.id().number());
        long other = database.queryLong("select sluice.enqueue_schema_migration('add_index', 'users',"
                + " '{\"name\": \"both\", \"keys\": [\"id\", {\"column\": \"email\", \"order\": \"ASC\"}], \"storage\":"
                + " {\"fillfactor\": 70}}')");
        assertThat(SchemaStage.enqueued(
                                sluice,
                                SchemaMigration.addIndex("users", "id", "email")
                                        .name("both")
                                        .storage("fillfactor", "70"))
                        .id()
                        .number())
                .isEqualTo(other);
    }

    @Test
    void aStatementThatWasChangedSinceItWasMadeIsNotTakenForIt() {
        SchemaMigration statement = SchemaMigration.statement("comment", "users", "comment on table users is 'a'");
        Run run = inline(statement);
        assertThat(inline(statement).id()).isEqualTo(run.id());

        SchemaMigration changed = SchemaMigration.statement("comment", "users", "comment on table users is 'b'");
        assertThatThrownBy(() -> inline(changed))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("done already with another definition");
        assertThat(sluice.schema().ensureSucceeded(statement).block(SOON)).isNotNull();
        assertThatThrownBy(() -> sluice.schema().ensureSucceeded(changed).block(SOON))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("done already with another definition");
    }

    @Test
    void aRunIsRemovedWithItsPastButNotWhileItsStatementMayBeAtWork() {
        Run run = inline(BY_EMAIL);
        assertThat(sluice.schema().remove(run.name()).blockLast(SOON)).isEqualTo(run.id());
        assertThat(index(database, "users_email_idx")).isNotNull();
        Run again = SchemaStage.enqueued(sluice, EnqueueSchema.of(BY_EMAIL).again());
        assertThat(again.generation()).isEqualTo(1);

        database.execute("update sluice.schema_run set unclean = true");
        assertThatThrownBy(() -> sluice.schema().remove(run.name()).blockLast(SOON))
                .hasMessageContaining("cancel it, which cleans up");
        sluice.cancel(again.id()).block(SOON);
        assertThat(sluice.run(again.id()).block(SOON).status()).isEqualTo(RunStatus.CANCELLED);
        assertThat(sluice.schema().remove(run.name()).blockLast(SOON)).isEqualTo(again.id());
    }

    private Run inline(SchemaMigration migration) {
        return SchemaStage.enqueued(sluice, EnqueueSchema.of(migration).inline());
    }
}
