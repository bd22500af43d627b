package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.RowsLeftException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows that no sweep can do: the run says so, and a retry begins with a count. */
class RowsNeverClearIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();

    /** Its work leaves every odd row as it is, until somebody opens the gate. */
    private final Sluice sluice = Sluice.builder()
            .shard("main", database.connectionFactory())
            .migrations(DataMigration.of(
                    "fill",
                    Work.sql(
                                    Source.table("items"),
                                    "update items set n = 1 where {batch} and (id % 2 = 0 or exists (select from gate))")
                            .remaining("n is null")))
            .build();

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void threeSweepsAreTriedThenTheRunFailsWithTheirNumber() {
        Run failed = failedWithRowsLeft();

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure().errorClass()).isEqualTo(RowsLeftException.class.getName());
        assertThat(failed.failure().message()).contains("150 rows left after 3 sweeps");
        assertThat(database.queryLong("select count(distinct pass) from sluice.batch"))
                .isEqualTo(8);
    }

    @Test
    void aRetryCountsAnewWhenTheApplicationHasDoneThem() {
        Run failed = failedWithRowsLeft();
        database.execute("update items set n = 2 where n is null");

        sluice.retry(failed.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void aRetrySweepsAgainWhenTheCauseIsMended() {
        Run failed = failedWithRowsLeft();
        database.execute("insert into gate values (1)");

        sluice.retry(failed.id()).block(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(300);
    }

    @Test
    void aRetryThatFindsTheSameFailsAfterThreeMoreSweeps() {
        Run failed = failedWithRowsLeft();

        sluice.retry(failed.id()).block(SOON);
        Run again = sluice.runOnce().blockLast(SOON);

        assertThat(again.status()).isEqualTo(RunStatus.FAILED);
        assertThat(again.failure().message()).contains("150 rows left after 3 sweeps");
        assertThat(database.queryLong("select count(distinct pass) from sluice.batch"))
                .isEqualTo(15);
    }

    private Run failedWithRowsLeft() {
        database.execute(
                "create table gate (open int)",
                "create table items (id bigint primary key, n int)",
                "insert into items select g from generate_series(1, 300) g");
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("fill").arguments(Arguments.none())).blockLast(SOON);
        return sluice.runOnce().blockLast(SOON);
    }
}
