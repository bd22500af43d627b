package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.Batch;
import io.sluice.data.BatchFailedException;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Code that does with its transaction what it must not: no row is passed whose work is not committed with it. */
class CodeBreaksItsTransactionIT {

    private static final String PASS = "update " + PlusOne.CODE.table() + " set n = n + 1, m = m + 1 where {batch}";

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @BeforeEach
    void rows() {
        PlusOne.CODE.create(database, 40);
    }

    private Run worked(Function<Batch, Publisher<Long>> code) {
        Sluice sluice = story.instance(
                "one", DataMigration.of("breaks", Work.code(Source.table(PlusOne.CODE.table()), code::apply)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("breaks")
                        .settings(it -> it.withBatchSize(20).withSubBatchSize(5).withBatchAttempts(2)))
                .blockLast(SOON);
        return sluice.runOnce().blockLast(SOON);
    }

    @Test
    void anErrorThatTheCodeKeepsToItselfIsNotTakenForSuccess() {
        AtomicInteger calls = new AtomicInteger();

        Run done = worked(batch -> calls.getAndIncrement() == 1
                ? batch.update("update " + PlusOne.CODE.table() + " set n = n / 0 where {batch}")
                        .onErrorReturn(5L)
                : batch.update(PASS));

        assertThat(done.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(calls).hasValueGreaterThan(8);
        PlusOne.CODE.assertEveryRowOnce(database);
    }

    /** How the code ends a transaction that is not its own. */
    enum End {
        COMMIT {
            @Override
            Publisher<Void> of(Connection connection) {
                return connection.commitTransaction();
            }
        },
        ROLLBACK {
            @Override
            Publisher<Void> of(Connection connection) {
                return connection.rollbackTransaction();
            }
        },
        ANOTHER_ONE {
            @Override
            Publisher<Void> of(Connection connection) {
                return Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.beginTransaction()));
            }
        };

        abstract Publisher<Void> of(Connection connection);
    }

    @ParameterizedTest
    @EnumSource
    void whoEndsTheTransactionIsToldSoAndNothingIsPassed(End end) {
        Run done = worked(batch -> batch.update(PASS)
                .flatMap(changed -> Mono.from(end.of(batch.connection())).thenReturn(changed)));

        assertThat(done.status()).isEqualTo(RunStatus.FAILED);
        assertThat(done.failure().errorClass()).isEqualTo(BatchFailedException.class.getName());
        assertThat(done.failure().message()).contains("the code ended the transaction of its batch");
        assertThat(database.queryLong("select sum(rows_seen) from sluice.lane")).isZero();
        assertThat(database.queryLong("select count(*) from sluice.lane where cursor is not null"))
                .isZero();
    }

    @Test
    void aRowThatFailsAtTheCommitInTheMiddleOfABatchStandsAlone() {
        database.execute(
                "create table known (n integer primary key)",
                "insert into known values (0), (1)",
                "alter table " + PlusOne.CODE.table()
                        + " add column checked integer not null default 0 references known"
                        + " deferrable initially deferred");

        Run done = worked(batch -> batch.update("update " + PlusOne.CODE.table()
                + " set n = n + 1, m = m + 1, checked = case when id = 24 then 7 else 1 end where {batch}"));

        assertThat(done.status()).isEqualTo(RunStatus.FAILED);
        assertThat(database.queryString("select string_agg(key::text, ',') from sluice.quarantine"))
                .isEqualTo("{24}");
        assertThat(database.queryLong("select count(*) from " + PlusOne.CODE.table() + " where n = 1"))
                .isEqualTo(39);
        assertThat(database.queryLong("select n from " + PlusOne.CODE.table() + " where id = 24"))
                .isZero();
    }
}
