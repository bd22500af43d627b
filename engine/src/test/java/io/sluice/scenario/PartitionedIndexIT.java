package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.AddIndex;
import io.sluice.schema.SchemaDefinitionException;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** An index of a partitioned table is one run, whatever interrupts it. */
class PartitionedIndexIT {

    private static final AddIndex BY_LINE = SchemaMigration.addIndex("logs", "line");
    private static final int LEAVES = 4;

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    /** Some partitions of the table, and one that has partitions of its own. */
    @BeforeEach
    void create() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table nested partition of logs for values in (101, 102) partition by list (day)",
                "create table nested_1 partition of nested for values in (101)",
                "create table nested_2 partition of nested for values in (102)");
        database.execute(IntStream.rangeClosed(1, LEAVES)
                .mapToObj(n -> "create table logs_" + n + " partition of logs for values in (" + n + ")")
                .toArray(String[]::new));
        database.execute(
                "insert into logs select 1 + n % " + LEAVES + ", 'l' || n from generate_series(1, 400) n",
                "insert into logs values (101, 'a'), (102, 'b')");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void everyPartitionOnEveryLevelHasItsIndexAndThatOfTheTableIsValid() {
        Run run = SchemaStage.enqueued(sluice, EnqueueSchema.of(BY_LINE).inline());

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertValid();
        assertThat(sluice.schema()
                        .progress(run.id())
                        .blockLast(SOON)
                        .partitions()
                        .total())
                .isEqualTo(LEAVES + 2);
        assertThat(sluice.schema().ensureSucceeded(BY_LINE).block(SOON)).isNotNull();
        database.execute("create table logs_99 partition of logs for values in (99)");
        assertValid();
    }

    @Test
    void aPartitionThatComesMeanwhileIsCaught() {
        Watched watched = heldUp("logs_3");

        database.execute("create table logs_99 (day int, line text)", "insert into logs_99 values (99, 'x')");
        database.execute("alter table logs attach partition logs_99 for values in (99)");
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertValid();
    }

    @Test
    void aPartitionThatIsDroppedMeanwhileIsNoFailure() {
        Sluice slow = SchemaStage.instance(database, "slow", SchemaStage.AT_ONCE.withPartitionsAtOnce(1));
        Watched watched = heldUp(slow, "logs_1");

        database.execute("drop table logs_3");
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        slow.close().block(SOON);
        assertValid();
        assertThat(database.queryLong("select max(attempts) from sluice.run")).isZero();
    }

    /** PostgreSQL calls the index of the whole valid when the last one is attached, and at no other time. */
    @Test
    void aPartitionThatIsDroppedWhenItIsTheLastToBeBuiltDoesNotLeaveItInvalid() {
        builtByHand("logs_2", "logs_3", "logs_4", "nested_1", "nested_2");
        Watched watched = heldUp("logs_1");

        sluice.stop().block(SOON);
        database.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where datname = current_database() and application_name like 'sluice schema %'");
        say("commit");
        database.execute("drop table logs_1");
        sluice.start().block(SOON);

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertValid();
    }

    @Test
    void oneThatCanNeverBecomeValidIsToldWithWhatHelps() {
        builtByHand("logs_2", "logs_3", "logs_4");
        database.execute("drop table logs_1", "drop table nested");
        for (int n = 2; n <= 3; n++) {
            database.execute("alter index logs_line_idx attach partition logs_" + n + "_logs_line_idx");
        }
        database.execute("drop table logs_4");

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_LINE))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("drop index logs_line_idx and enqueue this again");
    }

    @Test
    void anEqualIndexOfAPartitionIsAttachedWhateverItsName() {
        database.execute("create index by_hand on logs_2 (line)");

        Run run = SchemaStage.enqueued(sluice, EnqueueSchema.of(BY_LINE).inline());

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertValid();
        assertThat(index(database, "logs_2_logs_line_idx")).isNull();
        assertThat(database.queryLong("select count(*) from pg_inherits where inhrelid = 'by_hand'::regclass"))
                .isOne();
    }

    @Test
    void cancelTakesNoIndexThatWasThereBefore() {
        database.execute("create index by_hand on logs_2 (line)");
        Watched watched = heldUp("logs_3");
        database.execute("alter index logs_line_idx attach partition by_hand");

        sluice.cancel(watched.id()).block(SOON);
        SchemaStage.awaitAtWorkNoMore(database, "create index concurrently%logs_3%");
        say("commit");

        watched.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "by_hand")).startsWith("CREATE INDEX");
        assertThat(index(database, "logs_3_logs_line_idx")).isNull();
    }

    @Test
    void aPartitionThatIsAForeignTableIsToldBeforeAnythingIsMade() {
        database.execute(
                "create foreign data wrapper nowhere",
                "create server nowhere foreign data wrapper nowhere",
                "create foreign table far partition of logs for values in (77) server nowhere");

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_LINE))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("partition public.far of public.logs is a foreign table");
    }

    private void builtByHand(String... leaves) {
        database.execute("create index logs_line_idx on only logs (line)");
        for (String leaf : leaves) {
            database.execute("create index " + leaf + "_logs_line_idx on " + leaf + " (line)");
        }
    }

    @Test
    void aNameThatAPartitionGivesToSomethingElseIsToldBeforeAnythingIsMade() {
        database.execute("create index logs_2_logs_line_idx on logs_2 (day)");

        assertThatThrownBy(() -> SchemaStage.enqueued(sluice, BY_LINE))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining("the name logs_2_logs_line_idx");

        assertThat(index(database, "logs_line_idx")).isNull();
    }

    @Test
    void itPausesBetweenPartitionsAndGoesOn() {
        Watched watched = heldUp("logs_3");

        assertThat(sluice.pause(watched.id()).block(SOON).status()).isEqualTo(RunStatus.PAUSING);
        say("commit");
        watched.awaitStatus(RunStatus.PAUSED, SOON);
        long built = ownIndexes();
        assertThat(built).as("indexes built before the pause").isBetween(1L, LEAVES + 4L);
        assertThat(index(database, "logs_line_idx")).startsWith("INVALID");
        assertThat(index(database, "logs_3_logs_line_idx"))
                .as("the one that was being built")
                .startsWith("CREATE");

        sluice.resume(watched.id()).block(SOON);
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertValid();
    }

    @Test
    void whoThinksBetterOfAPauseLetsItGoOn() {
        Watched watched = heldUp("logs_3");
        assertThat(sluice.pause(watched.id()).block(SOON).status()).isEqualTo(RunStatus.PAUSING);

        assertThat(sluice.resume(watched.id()).block(SOON).status()).isEqualTo(RunStatus.RUNNING);
        say("commit");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertValid();
        assertThat(database.queryLong("select count(*) from sluice.event where kind = 'PAUSED'"))
                .isZero();
    }

    @Test
    void cancelLeavesNoIndexOfAnyPartition() {
        Watched watched = heldUp("logs_3");

        sluice.cancel(watched.id()).block(SOON);
        Watched.within(
                SOON,
                "the build is over",
                () -> database.queryLong(
                                "select count(*) from pg_stat_progress_create_index where datname = current_database()")
                        == 0);
        say("commit");

        watched.awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(ownIndexes()).isZero();
    }

    @Test
    void aDuplicateInOnePartitionFailsItAndWhatIsBuiltOfOthersIsUsedByTheNextTry() {
        database.execute("insert into logs values (3, 'twice'), (3, 'twice')");
        AddIndex unique = SchemaMigration.addIndex("logs", "day", "line").unique();
        SchemaStage.enqueued(sluice, unique);

        Run failed = SchemaStage.worked(sluice);
        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure().message()).contains("logs_3_logs_day_line_idx");
        assertThat(database.queryLong("select count(*) from pg_index i join pg_class c on c.oid = i.indexrelid"
                        + " where not i.indisvalid and c.relkind = 'i'"))
                .as("half-built ones")
                .isZero();

        database.execute("delete from logs where line = 'twice'");
        sluice.retry(failed.id()).block(SOON);
        assertThat(SchemaStage.worked(sluice).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "logs_day_line_idx")).startsWith("CREATE UNIQUE INDEX");
    }

    private Watched heldUp(String partition) {
        return heldUp(sluice, partition);
    }

    private Watched heldUp(Sluice sluice, String partition) {
        say("begin; lock table " + partition + " in row exclusive mode");
        Run run = SchemaStage.enqueued(sluice, BY_LINE);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%" + partition + "%");
        return new Watched(database, run.id());
    }

    private long ownIndexes() {
        return database.queryLong(
                "select count(*) from pg_class where relkind in ('i', 'I') and relname like '%line_idx'");
    }

    private void assertValid() {
        assertThat(index(database, "logs_line_idx")).startsWith("CREATE INDEX");
        assertThat(database.queryLong("select count(*) from pg_partition_tree('logs') t where not exists ("
                        + "select from pg_index i where i.indrelid = t.relid and i.indisvalid)"))
                .as("partitions without a valid index")
                .isZero();
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
