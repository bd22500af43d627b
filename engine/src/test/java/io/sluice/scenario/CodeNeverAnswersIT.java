package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Code that waits for a service which never answers: the server cuts its transaction off, and the run does not stand for ever. */
class CodeNeverAnswersIT {

    private static final int ROWS = 40;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @Test
    void theTransactionIsCutOffAndTheSubBatchIsTriedAgain() {
        PlusOne.CODE.create(database, ROWS);
        AtomicInteger asked = new AtomicInteger();
        Sluice sluice = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                        "hangs",
                        Work.code(
                                Source.table(PlusOne.CODE.table()),
                                batch -> asked.getAndIncrement() == 1
                                        ? Mono.never()
                                        : batch.update("update " + PlusOne.CODE.table()
                                                + " set n = n + 1, m = m + 1 where {batch}"))))
                .data(DataSettings.DEFAULTS.withLimits(
                        DataSettings.DEFAULTS.limits().withIdle(Duration.ofMillis(500))))
                .build());
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("hangs").settings(it -> it.withBatchSize(20).withSubBatchSize(10)))
                .blockLast(SOON);

        Run done = sluice.runOnce().blockLast(SOON);

        assertThat(done.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(asked).hasValue(5);
        PlusOne.CODE.assertEveryRowOnce(database);
    }
}
