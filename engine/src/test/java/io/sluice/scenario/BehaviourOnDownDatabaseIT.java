package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.EnqueueFailedException;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Arguments;
import io.sluice.run.RunGroup;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import io.sluice.testkit.StopMode;
import io.sluice.testkit.TestDatabase;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

/** One of two databases is down: what concerns the other goes on, and it is told which one it is. */
class BehaviourOnDownDatabaseIT {

    private static final String NAME = PlusOne.SQL.table();

    private final Database up = TestDatabase.createDatabase();
    private EmbeddedPostgres server;
    private Database down;
    private Sluice sluice;

    @BeforeEach
    void twoShardsOfWhichOneGoesDown() {
        assumeThat(System.getenv("SLUICE_TEST_DATABASE_URL")).isNull();
        server = EmbeddedPostgres.start();
        down = new Database(server.host(), server.port(), "postgres", "postgres", "");
        sluice = Sluice.builder()
                .shard(Shard.of("up", up.connectionFactory()))
                .shard(Shard.of("down", down.connectionFactory()))
                .migrations(PlusOne.migrations())
                .worker(WorkerSettings.DEFAULTS.withIdlePoll(Duration.ofMillis(200)))
                .build();
        PlusOne.SQL.create(up, 500);
        PlusOne.SQL.create(down, 500);
        sluice.install().block(SOON);
        server.stop(StopMode.FAST);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        server.close();
    }

    @Test
    void enqueueingSaysWhereItFailedAndMayBeRepeated() {
        StepVerifier.create(sluice.enqueue(PlusOne.SQL.enqueue(10)))
                .expectNextMatches(it -> it.created() && it.run().id().shard().equals("up"))
                .expectErrorSatisfies(error -> {
                    assertThat(error).isInstanceOf(EnqueueFailedException.class).hasMessageContaining("down");
                    assertThat(((EnqueueFailedException) error).failures())
                            .containsOnlyKeys("down")
                            .hasEntrySatisfying(
                                    "down",
                                    cause -> assertThat(cause).isInstanceOf(DatabaseUnreachableException.class));
                })
                .verify(SOON);
        RunGroup group = sluice.group(NAME, Arguments.none()).block(SOON);
        assertThat(group.counts()).containsOnlyKeys(RunGroup.Status.ENQUEUED, RunGroup.Status.UNREACHABLE);

        server.restart(StopMode.FAST);

        assertThat(sluice.enqueue(PlusOne.SQL.enqueue(10)).collectList().block(SOON))
                .extracting(it -> it.run().id().shard(), Enqueued::created)
                .containsExactlyInAnyOrder(tuple("up", false), tuple("down", true));
    }

    @Test
    void workersWaitForItAndBeginWhenItComesUp() {
        sluice.start().block(SOON);
        StepVerifier.create(sluice.enqueue(PlusOne.SQL.enqueue(10)).onErrorComplete())
                .expectNextCount(1)
                .expectComplete()
                .verify(SOON);
        Watched.within(SOON, "the other one is done", () -> PlusOne.SQL.done(up) == 500);

        server.restart(StopMode.FAST);
        sluice.enqueue(PlusOne.SQL.enqueue(10)).blockLast(SOON);
        Watched.within(SOON, "it is done there too", () -> PlusOne.SQL.done(down) == 500);

        PlusOne.SQL.assertEveryRowOnce(down);
    }

    @Test
    void theEventsOfTheOtherGoOnAndItsOwnWhenItIsBack() {
        Queue<SluiceEvent> seen = new ConcurrentLinkedQueue<>();
        Disposable watching = sluice.events().subscribe(seen::add);
        sluice.enqueue(PlusOne.SQL.enqueue(10)).onErrorComplete().blockLast(SOON);
        Watched.within(SOON, "the other one is heard", () -> shards(seen).equals(Set.of("up")));

        server.restart(StopMode.FAST);
        // its stream begins when it is reached, so what happens until then is not told
        Watched.within(SOON, "it is heard", () -> {
            sluice.enqueue(PlusOne.SQL.enqueue(10).again()).blockLast(SOON);
            sluice.runOnce().blockLast(SOON);
            return shards(seen).contains("down");
        });
        server.restart(StopMode.IMMEDIATE);
        seen.clear();
        sluice.enqueue(PlusOne.SQL.enqueue(10).again()).blockLast(SOON);
        sluice.runOnce().blockLast(SOON);

        Watched.within(
                SOON,
                "nothing that happened was missed",
                () -> seen.stream()
                                .filter(it -> it.origin().run().shard().equals("down"))
                                .filter(it -> it instanceof SluiceEvent.RunEnqueued
                                        || (it instanceof SluiceEvent.StatusChanged changed
                                                && changed.to() == RunStatus.SUCCEEDED))
                                .count()
                        >= 2);
        watching.dispose();
    }

    private static Set<String> shards(Queue<SluiceEvent> events) {
        return events.stream().map(it -> it.origin().run().shard()).collect(Collectors.toSet());
    }

    @Test
    void stopsAndStartsWhileItIsDown() {
        sluice.start().block(SOON);
        sluice.stop().block(Duration.ofSeconds(5));
        sluice.start().block(SOON);
        sluice.stop().block(Duration.ofSeconds(5));

        assertThat(sluice.group(NAME, Arguments.none()).block(SOON).status()).isEqualTo(RunGroup.Status.UNREACHABLE);
    }
}
