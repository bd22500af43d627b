package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An index over 24 partitions and a nested level, whose worker is killed twice on the way, ends valid. */
@EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
class PartitionedIndexIsKilledIT {

    private static final int LEAVES = 24;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.kept(SchemaStage.instance(database, "last", SchemaStage.AT_ONCE));

    @Test
    void itGoesOnWhereItsWorkersWereKilled() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table nested partition of logs for values in (101, 102) partition by list (day)",
                "create table nested_1 partition of nested for values in (101)",
                "create table nested_2 partition of nested for values in (102)");
        database.execute(IntStream.rangeClosed(1, LEAVES)
                .mapToObj(n -> "create table logs_" + n + " partition of logs for values in (" + n + ")")
                .toArray(String[]::new));
        database.execute(
                "insert into logs select 1 + n % " + LEAVES + ", md5(n::text) from generate_series(1, 20000) n");
        sluice.install().block(SOON);
        Run run = SchemaStage.enqueued(sluice, SchemaMigration.addIndex("logs", "line"));

        for (int kill = 1; kill <= 2; kill++) {
            long before = leavesWithAnIndex();
            ChildWorker worker = story.child("victim-" + kill);
            Watched.within(Story.ONCE_STARTED, "it builds some", () -> leavesWithAnIndex() > before + 3);
            worker.kill();
            assertThat(leavesWithAnIndex()).isLessThan(LEAVES + 2);
        }
        sluice.start().block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, Story.ONCE_STARTED);
        assertThat(index(database, "logs_line_idx")).startsWith("CREATE INDEX");
        assertThat(leavesWithAnIndex()).isEqualTo(LEAVES + 2);
        assertThat(database.queryLong("select count(*) from pg_index where not indisvalid"))
                .isZero();
    }

    private long leavesWithAnIndex() {
        return database.queryLong("select count(*) from pg_partition_tree('logs') t where t.isleaf and exists ("
                + "select from pg_index i where i.indrelid = t.relid and i.indisvalid)");
    }
}
