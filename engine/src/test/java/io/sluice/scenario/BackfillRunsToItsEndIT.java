package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackfillRunsToItsEndIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();

    @Test
    void everyRowIsMigratedOnceOnTheFastPath() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0, label text)",
                "insert into items (id) select g * 7 from generate_series(1, 25500) g");
        Sluice sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                        "count-up",
                        Work.sql(Source.table("items"), "update items set n = n + 1, label = {label} where {batch}")
                                .bind("label", "it's {new}")
                                .remaining("label is null")))
                .build();
        sluice.install().block(SOON);

        Enqueued enqueued = sluice.enqueue(Enqueue.of("count-up")).blockLast(SOON);
        List<Run> runs = sluice.runOnce().collectList().block(SOON);

        assertThat(enqueued.created()).isTrue();
        assertThat(runs).extracting(Run::status).containsExactly(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and label = 'it''s {new}'"))
                .isEqualTo(25500);
        assertThat(database.query("select status, rows_seen, rows_changed from sluice.batch order by id"))
                .hasSize(6);
        assertThat(sluice.ensureSucceeded("count-up", Arguments.none()).block(SOON))
                .isNotNull();
        assertThat(sluice.progress(runs.get(0).id()).blockLast(SOON).rowsSeen()).isEqualTo(25500);
        sluice.close().block(SOON);
    }
}
