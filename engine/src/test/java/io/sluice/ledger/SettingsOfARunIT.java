package io.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.ledger.DataRunStore.Preparation;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.RowTotal;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

class SettingsOfARunIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final DataRun.Walked WALKED = new DataRun.Walked("t", List.of("id"), List.of("bigint"));

    private final Database database = TestDatabase.createDatabase();
    private final Ledger ledger = new Ledger(Shard.of("main", database.connectionFactory()), Schedulers.parallel());

    @BeforeEach
    void install() {
        ledger.schema().install().block(SOON);
    }

    @AfterEach
    void close() {
        ledger.close().block(SOON);
    }

    @Test
    void thatWereChangedWhileAWorkerPreparedStay() {
        long run = ledger.connections()
                .transaction(connection -> ledger.runs()
                        .enqueue(connection, RunKind.DATA, "m", Arguments.none(), RunStatus.ENQUEUED, 5, false)
                        .flatMap(it -> ledger.dataRuns()
                                .insert(connection, it.run(), BatchSettings.DEFAULTS, KeyBounds.NONE)
                                .thenReturn(it.run())))
                .block(SOON);
        Run claimed = ledger.runs()
                .claim(RunKind.DATA, "worker", List.of("m"), 1, Duration.ofSeconds(30))
                .blockLast(SOON);
        BatchSettings read =
                ledger.dataRuns().find(run, BatchSettings.DEFAULTS).block(SOON).settings();

        ledger.dataRuns()
                .changeSettings(run, read, it -> it.withSubBatchSize(17))
                .block(SOON);
        ledger.dataRuns()
                .prepare(
                        new Lease(claimed.id(), claimed.lease().token(), "worker"),
                        new Preparation(
                                read, WALKED, "{}", RowTotal.exact(1), List.of(new LaneRange(null, List.of("1")))))
                .block(SOON);

        assertThat(settings(run).subBatchSize()).isEqualTo(17);
    }

    @Test
    void areNotLostWhereSeveralChangeThemAtOnce() {
        database.execute("select sluice.enqueue_data_migration('m', '[]')");
        long run = database.queryLong("select max(id) from sluice.run");

        Flux.range(0, 40)
                .flatMap(
                        i -> ledger.dataRuns()
                                .changeSettings(
                                        run,
                                        BatchSettings.DEFAULTS.withBatchAttempts(1),
                                        it -> it.withBatchAttempts(it.batchAttempts() + 1)),
                        4)
                .blockLast(SOON);

        assertThat(settings(run).batchAttempts()).isEqualTo(41);
    }

    @Test
    void areNotThoseOfARunThatIsOver() {
        database.execute(
                "select sluice.enqueue_data_migration('m', '[]')", "update sluice.run set status = 'CANCELLED'");
        long run = database.queryLong("select max(id) from sluice.run");

        assertThat(ledger.dataRuns()
                        .changeSettings(run, BatchSettings.DEFAULTS, it -> it.withLanes(3))
                        .block(SOON))
                .isNull();
        assertThat(database.query("select lanes from sluice.data_run where lanes is not null"))
                .isEmpty();
    }

    @Test
    void givenBySqlAsASmallBatchAloneMakeTheSubBatchSmallToo() {
        database.execute("select sluice.enqueue_data_migration('m', '[]', '{\"batchSize\": 500}')");

        assertThat(settings(1)).isEqualTo(BatchSettings.DEFAULTS.withBatchSize(500));
    }

    private BatchSettings settings(long run) {
        return ledger.dataRuns().find(run, BatchSettings.DEFAULTS).block(SOON).settings();
    }
}
