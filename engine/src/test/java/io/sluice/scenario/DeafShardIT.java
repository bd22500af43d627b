package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.worker.WorkerSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;

/** A shard whose server takes connections and never answers: the others go on as if it were not there, and so does the stop. */
class DeafShardIT {

    private static final int RUNS = 12;
    private static final Duration AT_ONCE = Duration.ofSeconds(8);

    @Test
    void runsOfOtherShardsAreClaimedAtOnceWhoeverLooksAtAll() throws IOException {
        try (Database database = TestDatabase.createDatabase();
                ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Database nobody = new Database("127.0.0.1", deaf.getLocalPort(), "x", "nobody", "");
            PlusOne.SQL.create(database, 100);
            Sluice installer = Sluice.builder()
                    .shard("primary", database.connectionFactory())
                    .build();
            installer.install().then(installer.close()).block(SOON);
            Sluice sluice = Sluice.builder()
                    .shard("primary", database.connectionFactory())
                    .shard("deaf", nobody.connectionFactory())
                    .migrations(PlusOne.SQL.migration())
                    .worker(WorkerSettings.DEFAULTS.withIdlePoll(Duration.ofMillis(200)))
                    .build();
            Disposable followers = Disposables.composite(List.of(
                    sluice.eventsAfter("primary", 0).subscribe(),
                    sluice.eventsAfter("deaf", 0).onErrorComplete().subscribe(),
                    Flux.interval(Duration.ofMillis(100))
                            .onBackpressureDrop()
                            .concatMap(
                                    tick -> sluice.inspect()
                                            .shards()
                                            .onErrorComplete()
                                            .then(),
                                    1)
                            .subscribe()));
            sluice.start().block(SOON);

            for (int i = 1; i <= RUNS; i++) {
                RunId run = sluice.enqueue(Enqueue.of(PlusOne.SQL.table())
                                .shards("primary")
                                .again())
                        .blockLast(SOON)
                        .run()
                        .id();
                new Watched(database, run).awaitStatus(RunStatus.SUCCEEDED, AT_ONCE);
            }

            followers.dispose();
            sluice.close().block(SOON);
            assertThat(database.queryLong("select count(*) from plus_one_sql where n <> " + RUNS))
                    .isZero();
        }
    }
}
