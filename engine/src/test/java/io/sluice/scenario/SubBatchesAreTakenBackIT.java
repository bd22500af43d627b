package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.CommitMode;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import io.sluice.testkit.StopMode;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/**
 * Promise 1, where sub-batches are committed before they are on disk: what a crash takes back it takes with its checkpoint. It is a
 * server of this test's own, which writes its log by itself only each ten seconds.
 */
class SubBatchesAreTakenBackIT {

    private static final int ROWS = 3_000;

    private EmbeddedPostgres server;
    private Database database;
    private Sluice sluice;

    @BeforeEach
    void aServerThatIsOursToRestart() {
        assumeThat(System.getenv("SLUICE_TEST_DATABASE_URL")).isNull();
        server = EmbeddedPostgres.builder().setting("wal_writer_delay", "10s").start();
        database = new Database(server.host(), server.port(), "postgres", "postgres", "");
    }

    @AfterEach
    void close() {
        if (server == null) {
            return;
        }
        sluice.close().block(SOON);
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"SQL, ASYNCHRONOUS", "SQL, AS_CONFIGURED", "CODE, ASYNCHRONOUS", "CODE, AS_CONFIGURED"})
    void whatWasTakenBackIsDoneAgainAndNothingTwice(PlusOne form, CommitMode commit) {
        form.create(database, ROWS);
        start(form.migration(), commit);
        AtomicLong told = new AtomicLong();
        Disposable listening = sluice.eventsAfter("primary", 0)
                .ofType(SluiceEvent.SubBatchDone.class)
                .subscribe(it -> told.addAndGet(it.rowsSeen()));
        PlusOne.pace(database, Duration.ofMillis(2));
        Run run = sluice.enqueue(Enqueue.of(form.table())
                        .settings(it -> it.withBatchSize(ROWS).withSubBatchSize(10)))
                .blockLast(SOON)
                .run();
        sluice.start().block(SOON);
        Watched.within(SOON, "a third is done", () -> form.done(database) > ROWS / 3);

        server.restart(StopMode.IMMEDIATE);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        form.assertEveryRowOnce(database);
        Watched.within(SOON, "the last is told", () -> told.get() > ROWS * 9 / 10);
        if (commit == CommitMode.ASYNCHRONOUS) {
            assertThat(told).as("rows that were told of").hasValueGreaterThan(ROWS);
        } else {
            assertThat(told).as("rows that were told of").hasValueLessThanOrEqualTo(ROWS);
        }
        listening.dispose();
    }

    @ParameterizedTest
    @EnumSource
    void whatSucceededStaysSo(PlusOne form) {
        form.create(database, ROWS);
        start(form.migration(), CommitMode.ASYNCHRONOUS);
        sluice.enqueue(form.enqueue(10)).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);
        server.restart(StopMode.IMMEDIATE);

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryString("select status from sluice.run")).isEqualTo("SUCCEEDED");
        form.assertEveryRowOnce(database);
    }

    @ParameterizedTest
    @EnumSource
    void theDatabaseCommitsAsTheSettingSaysAndCompilesNothing(CommitMode commit) {
        database.execute(
                "create table items (id bigint primary key, by_sql text, by_code text)",
                "insert into items (id) select generate_series(1, 30)");
        String update =
                "update items set %s = current_setting('synchronous_commit') || current_setting('jit') where {batch}";
        start(DataMigration.of("sql", Work.sql(Source.table("items"), update.formatted("by_sql"))), commit);
        sluice.enqueue(Enqueue.of("sql")).blockLast(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        sluice.close().block(SOON);
        start(
                DataMigration.of(
                        "code", Work.code(Source.table("items"), batch -> batch.update(update.formatted("by_code")))),
                commit);
        sluice.enqueue(Enqueue.of("code")).blockLast(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        assertThat(database.queryString("select string_agg(distinct by_sql || ' ' || by_code, ',') from items"))
                .isEqualTo(commit == CommitMode.ASYNCHRONOUS ? "offoff offoff" : "onoff onoff");
    }

    private void start(DataMigration migration, CommitMode commit) {
        sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(migration)
                .worker(WorkerSettings.DEFAULTS.withLease(Duration.ofSeconds(10)))
                .data(DataSettings.DEFAULTS.withCommit(commit))
                .build();
        sluice.install().block(SOON);
    }
}
