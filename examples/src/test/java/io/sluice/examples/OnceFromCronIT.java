package io.sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnceFromCronIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void whatIsNotDoneInTimeIsHandedBackForTheNextTick() {
        try (Database database = Shop.withCustomers(2_000)) {
            Sluice first = sluice(database);
            first.install()
                    .thenMany(first.enqueue(Enqueue.of("customers-lower-emails")
                            .settings(it -> it.withSubBatchSize(100).withSubBatchPause(Duration.ofMillis(200)))))
                    .blockLast(SOON);

            List<Run> inTime = OnceFromCron.tick(first, Duration.ofSeconds(2));
            first.close().block(SOON);

            assertThat(inTime).isEmpty();
            assertThat(database.query("select status, lease_owner from sluice.run"))
                    .containsExactly(Arrays.asList("ENQUEUED", null));
            Sluice second = sluice(database);
            assertThat(OnceFromCron.tick(second, SOON)).extracting(Run::status).containsExactly(RunStatus.SUCCEEDED);
            second.close().block(SOON);
        }
    }

    private static Sluice sluice(Database database) {
        return Sluice.builder()
                .shard("shop", database.connectionFactory())
                .migrations(OnceFromCron.LOWER_EMAILS)
                .build();
    }
}
