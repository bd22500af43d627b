package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Promise 1: a crash at any instant loses no sub-batch and applies none twice. Both forms run in the process that is killed. */
class WorkerIsKilledIT {

    private static final Logger LOG = LoggerFactory.getLogger(WorkerIsKilledIT.class);

    private static final Duration SUB_BATCH = Duration.ofMillis(2);
    private static final int LONGEST_LIFE_MS = 800;
    private static final int SUB_BATCH_SIZE = 10;
    private static final int KILLS = Boolean.getBoolean("sluice.nightly") ? 25 : 3;

    /** More rows than can be done at that pace before the last kill. */
    private static final long ROWS = KILLS * 2L * LONGEST_LIFE_MS / SUB_BATCH.toMillis() * SUB_BATCH_SIZE;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.instance("operator");

    @Test
    void everyRowIsMigratedOnceHoweverOftenItsWorkerIsKilled() {
        Map<PlusOne, Watched> runs = enqueued();
        PlusOne.pace(database, SUB_BATCH);
        Random instants = new Random(seed());

        for (int kill = 1; kill <= KILLS; kill++) {
            lifeOfAWorker("worker-" + kill, runs, Duration.ofMillis(instants.nextInt(LONGEST_LIFE_MS)));
        }
        runs.values().forEach(run -> story.hurry(sluice, run));
        story.child("last-worker");
        runs.values().forEach(run -> run.awaitStatus(RunStatus.SUCCEEDED, Story.ONCE_STARTED));

        for (PlusOne form : PlusOne.values()) {
            form.assertEveryRowOnce(database);
        }
    }

    /** It begins when both runs have got further than they were, so that each kill finds both forms at work. */
    private void lifeOfAWorker(String instance, Map<PlusOne, Watched> runs, Duration life) {
        Map<PlusOne, Long> before = new EnumMap<>(PlusOne.class);
        runs.forEach((form, run) -> before.put(form, run.cursor()));
        ChildWorker worker = story.child(instance);
        runs.forEach((form, run) -> Watched.within(
                Story.ONCE_STARTED, instance + " goes on with " + form, () -> run.cursor() > before.get(form)));
        Mono.delay(life).block(Story.SOON);
        worker.kill();
        LOG.info("{} was killed {} ms after it had begun, at {}", instance, life.toMillis(), rowsDone());
        runs.forEach((form, run) -> {
            assertThat(run.owner()).as("holder of the lease after the kill").isEqualTo(instance);
            assertThat(form.done(database))
                    .as("rows done when %s was killed", instance)
                    .isBetween(1L, ROWS - 1);
        });
    }

    private Map<PlusOne, Watched> enqueued() {
        Map<PlusOne, Watched> runs = new EnumMap<>(PlusOne.class);
        for (PlusOne form : PlusOne.values()) {
            runs.put(form, story.enqueued(sluice, form, ROWS, SUB_BATCH_SIZE));
        }
        return runs;
    }

    private Map<PlusOne, Long> rowsDone() {
        Map<PlusOne, Long> done = new EnumMap<>(PlusOne.class);
        for (PlusOne form : PlusOne.values()) {
            done.put(form, form.done(database));
        }
        return done;
    }

    private static long seed() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        LOG.info("instants of the kills: -Dsluice.seed={}", seed);
        return seed;
    }
}
