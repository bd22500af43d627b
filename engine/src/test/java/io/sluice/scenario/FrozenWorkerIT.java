package io.sluice.scenario;

import static io.sluice.scenario.Story.LEASE;
import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Promise 2: a worker that lost its lease cannot commit, and cannot stand in the way of the one that took over. */
class FrozenWorkerIT {

    private static final int ROWS = 3_000;
    private static final int SUB_BATCH_SIZE = 10;

    /** The lease, the next look for lapsed ones, the patience with a sub-batch of a former holder, and a bit. */
    private static final Duration TAKEOVER = LEASE.plusSeconds(4);

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice successor = story.instance("successor");

    @Test
    void betweenTwoStatementsOfCodeItIsCutOffAndItsLateCheckpointIsRefused() {
        // below the longest silence of a transaction, which is two thirds of the lease
        Duration betweenStatements = LEASE.dividedBy(3);

        goesOnWithout(PlusOne.CODE, betweenStatements, "idle in transaction");
    }

    @Test
    void whileItsStatementRunsItIsTerminatedAndItsLateCheckpointIsRefused() {
        Duration longerThanAllOfThis = Duration.ofSeconds(25);

        goesOnWithout(PlusOne.SQL, longerThanAllOfThis, "active");
    }

    private void goesOnWithout(PlusOne form, Duration subBatch, String stateWhenFrozen) {
        Watched run = story.enqueued(successor, form, ROWS, SUB_BATCH_SIZE);
        ChildWorker frozen = story.child("frozen");
        run.awaitProgress(Story.ONCE_STARTED);
        PlusOne.pace(database, subBatch);
        freezeInTheMiddle(frozen, run, stateWhenFrozen);
        String itsBackend = run.backendIn(stateWhenFrozen);
        String lateCall = "select state from sluice.open_sub_batch(%s)".formatted(lane(run));
        PlusOne.pace(database, Duration.ofMillis(10));
        long doneWhenFrozen = form.done(database);

        successor.start().block(SOON);
        Watched.within(TAKEOVER, "the successor goes on", () -> form.done(database) > doneWhenFrozen);

        assertThat(run.owner()).isEqualTo("successor");
        assertThat(database.query("select state from pg_stat_activity where pid = " + itsBackend))
                .as("the backend of the frozen worker, which could still write")
                .isEmpty();
        assertThat(database.queryString(lateCall))
                .as("answer to the frozen worker")
                .isEqualTo("REFUSED");
        frozen.thaw();
        Watched.within(
                SOON,
                "the frozen one knows that it lost its lease",
                () -> frozen.said().stream().anyMatch(line -> line.matches(".*lease.* lost.*")));
        assertThat(run.owner()).as("it was thawed in the middle of the run").isEqualTo("successor");
        story.hurry(successor, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        Watched.within(SOON, "nothing of it is on its way any more", () -> run.backends("active") == 0);
        form.assertEveryRowOnce(database);
    }

    /** Whoever is late lets it go on and tries again, so that what is frozen is frozen in its sub-batch. */
    private static void freezeInTheMiddle(ChildWorker worker, Watched run, String state) {
        Watched.within(SOON, "frozen " + state, () -> {
            if (run.backends(state) == 0) {
                return false;
            }
            worker.freeze();
            if (run.backends(state) > 0) {
                return true;
            }
            worker.thaw();
            return false;
        });
    }

    /** Lane, token and epoch as the frozen worker would send them. */
    private String lane(Watched run) {
        List<Object> lane = database.query("select id, token, epoch from sluice.lane where run_id = "
                        + run.id().number())
                .get(0);
        return "%s, %s, %s".formatted(lane.toArray());
    }
}
