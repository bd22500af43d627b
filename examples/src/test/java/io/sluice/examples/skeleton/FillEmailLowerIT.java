package io.sluice.examples.skeleton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test of the skeleton, to copy with it: rows of every sort go in, and each is looked at afterwards. */
class FillEmailLowerIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = Sluice.builder()
            .shard("main", database.connectionFactory())
            .migrations(FillEmailLower.declaration())
            .build();

    @BeforeEach
    void makeCustomers() {
        database.execute(
                "create table customers (id bigint primary key, email text, email_lower text)",
                "insert into customers select n, 'Customer' || n || '@Example.com' from generate_series(1, 2500) n",
                "insert into customers values (-7, null), (0, ''), (3000000, 'straße@EXAMPLE.org')");
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void everyRowIsFilled() {
        sluice.install()
                .thenMany(sluice.enqueue(Enqueue.of(FillEmailLower.NAME).inline()))
                .blockLast(SOON);

        assertThat(database.queryLong(
                        "select count(*) from customers where email_lower is not distinct from lower(email)"))
                .isEqualTo(2503);
    }

    @Test
    void everyInstanceMayEnqueueItAtEachStart() {
        EnqueueAtDeploy deploy = new EnqueueAtDeploy(sluice);

        List<Enqueued> first = deploy.atStart().collectList().block(SOON);
        List<Enqueued> second = deploy.atStart().collectList().block(SOON);

        assertThat(first).extracting(Enqueued::created).containsExactly(true);
        assertThat(second).extracting(Enqueued::created).containsExactly(false);
        Run run = second.get(0).run();
        assertThat(sluice.progress(run.id()).blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void theColumnIsNotReadBeforeItIsFilled() {
        EnqueueAtDeploy deploy = new EnqueueAtDeploy(sluice);
        sluice.install()
                .thenMany(sluice.enqueue(Enqueue.of(FillEmailLower.NAME)))
                .blockLast(SOON);

        assertThatThrownBy(() -> deploy.beforeTheColumnIsRead().block(SOON))
                .isInstanceOf(RunNotSucceededException.class);
        sluice.runOnce().blockLast(SOON);

        assertThat(deploy.beforeTheColumnIsRead().block(SOON).status()).isEqualTo(RunGroup.Status.SUCCEEDED);
    }
}
