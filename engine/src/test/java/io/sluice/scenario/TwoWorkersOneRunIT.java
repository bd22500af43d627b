package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Promise 3: any number of instances may run workers, and each run has one of them at a time. */
class TwoWorkersOneRunIT {

    private static final int ROWS = 20_000;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @Test
    void ofTwoStartedAtOnceOneWorks() {
        Sluice one = story.instance("one");
        Sluice other = story.instance("other");
        Watched run = story.enqueued(one, PlusOne.SQL, ROWS, 100);

        Mono.when(one.start(), other.start()).block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        assertThat(database.query("select detail ->> 'owner' from sluice.event where detail ->> 'to' = 'RUNNING'"))
                .as("claims of the run")
                .hasSize(1);
        assertThat(run.token()).as("one lease was given").isEqualTo(1);
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    @Test
    void oneThatStopsHandsTheLeaseBackAtOnceAndTheOtherGoesOn() {
        Duration never = Duration.ofMinutes(10);
        Sluice leaving = story.kept(WorkerProcess.sluice(shard(), "leaving", never));
        Sluice staying = story.kept(WorkerProcess.sluice(shard(), "staying", never));
        Watched run = story.enqueued(leaving, PlusOne.SQL, ROWS, 10);
        PlusOne.pace(database, Duration.ofMillis(5));
        leaving.start().block(SOON);
        run.awaitProgress(SOON);
        staying.start().block(SOON);
        assertThat(run.owner()).isEqualTo("leaving");

        leaving.stop().block(Duration.ofSeconds(5));
        Watched.within(Duration.ofSeconds(5), "the other goes on", () -> "staying".equals(run.owner()));
        run.awaitProgress(SOON);

        story.hurry(staying, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        PlusOne.SQL.assertEveryRowOnce(database);
    }

    private Shard shard() {
        return Shard.of("primary", database.connectionFactory());
    }
}
