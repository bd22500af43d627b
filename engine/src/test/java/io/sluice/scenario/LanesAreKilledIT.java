package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Promise 1 with lanes: workers of four lanes are killed at random, soon after a lane took half of another's rest. Each worker
 * begins with more lanes than the last one left, so each of them takes some first.
 */
class LanesAreKilledIT {

    private static final Logger LOG = LoggerFactory.getLogger(LanesAreKilledIT.class);

    private static final int LONGEST_LIFE_MS = 400;
    private static final int KILLS = Boolean.getBoolean("sluice.nightly") ? 20 : 2;

    /** Enough for each worker: it may do thousands before it is seen to have begun. */
    private static final int ROWS = 30_000 * KILLS;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.instance("operator");

    static Stream<PlusOne> forms() {
        return Boolean.getBoolean("sluice.nightly") ? Stream.of(PlusOne.values()) : Stream.of(PlusOne.SQL);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void everyRowIsMigratedOnceHoweverOftenTheirWorkerIsKilled(PlusOne form) {
        form.create(database, ROWS);
        sluice.install().block(Story.SOON);
        Run enqueued = sluice.enqueue(form.enqueue(10)
                        .settings(
                                it -> it.withBatchSize(50).withSubBatchSize(10).withLanes(4)))
                .blockLast(Story.SOON)
                .run();
        Watched run = new Watched(database, enqueued.id());
        PlusOne.pace(database, Duration.ofMillis(5));
        Random instants = new Random(seed());

        for (int kill = 1; kill <= KILLS; kill++) {
            killed("worker-" + kill, run, Duration.ofMillis(instants.nextInt(LONGEST_LIFE_MS)));
            int lanes = 4 + kill;
            sluice.changeSettings(run.id(), it -> it.withLanes(lanes)).block(Story.SOON);
        }
        assertThat(form.done(database)).as("rows done before the end").isLessThan(ROWS);
        story.hurry(sluice, run);
        story.child("last-worker");
        run.awaitStatus(RunStatus.SUCCEEDED, Story.ONCE_STARTED);

        form.assertEveryRowOnce(database);
        assertThat(lanes()).as("lanes, of which four were there at first").isGreaterThanOrEqualTo(4 + KILLS);
        assertThat(database.queryLong("select sum(rows_seen) from sluice.lane")).isEqualTo(ROWS);
    }

    private void killed(String instance, Watched run, Duration life) {
        long before = seen();
        long lanes = lanes();
        ChildWorker worker = story.child(instance);
        Watched.within(
                Story.ONCE_STARTED,
                instance + " goes on, and all its lanes are begun",
                () -> seen() > before && (lanes == 0 || run.backends("active", "idle in transaction") > 3));
        Mono.delay(life).block(Story.SOON);
        worker.kill();
        LOG.info(
                "{} was killed {} ms after it had begun, with {} lanes, at {}",
                instance,
                life.toMillis(),
                lanes(),
                seen());
    }

    private long seen() {
        return database.queryLong("select coalesce(sum(rows_seen), 0) from sluice.lane");
    }

    private long lanes() {
        return database.queryLong("select count(*) from sluice.lane");
    }

    private static long seed() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        LOG.info("instants of the kills: -Dsluice.seed={}", seed);
        return seed;
    }
}
