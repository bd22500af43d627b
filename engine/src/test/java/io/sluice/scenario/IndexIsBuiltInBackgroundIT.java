package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An index is built by a worker, and the catalog decides what is left to do, not the runs of the past. */
class IndexIsBuiltInBackgroundIT {

    private static final AddIndex BY_EMAIL = SchemaMigration.addIndex("users", "email");

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text, name text, deleted_at timestamptz)",
                "insert into users select n, 'u' || n, 'N' || n from generate_series(1, 2000) n");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void anIndexIsBuiltAndItsRunSucceeds() {
        SchemaStage.enqueued(sluice, BY_EMAIL);
        Run run = SchemaStage.worked(sluice);

        assertThat(run.failure()).isNull();
        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(run.name()).isEqualTo("add_index users_email_idx on users");
        assertThat(index(database, "users_email_idx"))
                .isEqualTo("CREATE INDEX users_email_idx ON public.users USING btree (email)");
        assertThat(sluice.schema().ensureSucceeded(BY_EMAIL).block(SOON)).isNotNull();
        assertThat(sluice.schema().progress(run.id()).blockLast(SOON).percent()).isEqualTo(100);
        assertThat(database.queryLong("select count(*) from sluice.schema_run where unclean"))
                .isZero();
    }

    @Test
    void everyPartOfADefinitionIsThatOfTheIndex() {
        AddIndex index = SchemaMigration.addIndex(
                        "public.users",
                        IndexKey.expression("lower(name)")
                                .opclass("text_pattern_ops")
                                .desc()
                                .nullsLast(),
                        IndexKey.column("email").collation("\"C\"").nullsFirst())
                .name("It's \"the\" one")
                .unique()
                .include("id")
                .where("deleted_at is null -- alive")
                .storage("fillfactor", 70)
                .analyze();

        Run run = inline(index);

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "\"It''s \"\"the\"\" one\""))
                .isEqualTo("CREATE UNIQUE INDEX \"It's \"\"the\"\" one\" ON public.users USING btree"
                        + " (lower(name) text_pattern_ops DESC NULLS LAST, email COLLATE \"C\" NULLS FIRST)"
                        + " INCLUDE (id) WITH (fillfactor='70') WHERE (deleted_at IS NULL)");
        assertThat(database.queryLong("select count(*) from pg_stats where tablename like 'It%'"))
                .as("columns of the index that ANALYZE knows")
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "hash, USING hash (email)",
        "brin, USING brin (email)",
        "btree, USING btree (email)",
    })
    void itIsOfTheMethodThatIsAskedFor(String method, String defined) {
        Run run = inline(
                SchemaMigration.addIndex("users", "email").name("of_email").using(method));

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "of_email")).endsWith(defined);
    }

    /** Which PostgreSQL 15 brought. */
    @Test
    void nullsAreEqualWhereTheServerCanDoSo() {
        AddIndex index = SchemaMigration.addIndex("users", "email").unique().nullsNotDistinct();

        if (database.queryLong("select current_setting('server_version_num')::int") < 150_000) {
            assertThatThrownBy(() -> inline(index)).hasMessageContaining("15");
            assertThat(index(database, "users_email_idx")).isNull();
            return;
        }
        assertThat(inline(index).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "users_email_idx")).endsWith("(email) NULLS NOT DISTINCT");
        assertThat(inline(index).status()).as("the same once more").isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void anEqualIndexThatIsValidLeavesNothingToDo() {
        database.execute("create index users_email_idx on users (email)");
        long before = oid();

        Run run = inline(BY_EMAIL);

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(oid()).isEqualTo(before);
    }

    @Test
    void anIndexAddedRemovedAndAddedAgainIsBuiltAgain() {
        Run first = inline(BY_EMAIL);
        assertThat(SchemaStage.enqueued(sluice, BY_EMAIL).id()).isEqualTo(first.id());

        inline(SchemaMigration.removeIndex("users", "users_email_idx"));
        assertThat(index(database, "users_email_idx")).isNull();
        assertThatThrownBy(() -> sluice.schema().ensureSucceeded(BY_EMAIL).block(SOON))
                .hasMessageContaining("the catalog says that it is undone");
        Run second = inline(BY_EMAIL);

        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(second.generation()).isEqualTo(2);
        assertThat(index(database, "users_email_idx")).isNotNull();
        assertThat(inline(SchemaMigration.removeIndex("users", "users_email_idx"))
                        .generation())
                .isEqualTo(2);
        assertThat(index(database, "users_email_idx")).isNull();
    }

    @Test
    void theSameNameWithAnotherDefinitionIsRefused() {
        database.execute("create index users_email_idx on users (email) where deleted_at is null");

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_EMAIL))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContainingAll("users_email_idx", "with another definition", "another name");
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
    }

    @Test
    void anotherDefinitionOfWhatIsUnderWayIsRefused() {
        SchemaStage.enqueued(sluice, BY_EMAIL);

        assertThat(SchemaStage.enqueued(sluice, BY_EMAIL)).isNotNull();
        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_EMAIL.unique()))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("with another definition");
    }

    @Test
    void anEqualIndexOfAnotherNameIsReported() {
        database.execute("create index twin on users (email)");

        Run run = inline(BY_EMAIL);

        assertThat(index(database, "users_email_idx")).isNotNull();
        assertThat(SchemaStage.notes(database, run)).singleElement().asString().contains("index twin", "equal");
    }

    @Test
    void anInvalidLeftoverIsDroppedAndBuiltAgain() {
        database.execute(
                "create index users_email_idx on users (name)",
                "update pg_index set indisvalid = false where indexrelid = 'users_email_idx'::regclass");

        inline(BY_EMAIL);

        assertThat(index(database, "users_email_idx"))
                .isEqualTo("CREATE INDEX users_email_idx ON public.users USING btree (email)");
    }

    @Test
    void whatTheDatabaseWouldRefuseIsRefusedBeforeAnythingIsEnqueued() {
        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, SchemaMigration.addIndex("nowhere", "a")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("there is no table nowhere");
        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", "mail")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("\"mail\"");
        assertThatThrownBy(() ->
                        SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", IndexKey.expression("now()"))))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("IMMUTABLE");
        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_EMAIL.name("users")))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("something else");
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
        assertThat(database.queryLong("select count(*) from pg_class where relname = 'sluice_scratch'"))
                .isZero();
    }

    @Test
    void plainSqlEnqueuesTheSame() {
        database.execute("select sluice.enqueue_schema_migration('add_index', 'users',"
                + " '{\"name\": \"users_email_idx\", \"keys\": [\"email\", {\"expression\": \"lower(name)\"}]}')");

        Run run = SchemaStage.worked(sluice);

        assertThat(run.name()).isEqualTo(BY_EMAIL.name());
        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "users_email_idx")).endsWith("(email, lower(name))");
        database.execute(
                "select sluice.enqueue_schema_migration('add_index', 'users',"
                        + " '{\"name\": \"users_email_idx\", \"keys\": [\"email\"], \"colour\": \"red\"}', '{\"again\": true}')");
        assertThat(SchemaStage.worked(sluice)).satisfies(it -> {
            assertThat(it.status()).isEqualTo(RunStatus.FAILED);
            assertThat(it.failure().message()).contains("unknown field 'colour'");
        });
    }

    private Run inline(SchemaMigration migration) {
        return SchemaStage.enqueued(sluice, EnqueueSchema.of(migration).inline());
    }

    private long oid() {
        return database.queryLong("select 'users_email_idx'::regclass::oid::bigint");
    }
}
