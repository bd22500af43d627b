package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promise 1, when it is the connections that die: those of the work, of the renewals and of the claims, all at once. */
class BackendIsTerminatedIT {

    private static final int TERMINATIONS = 6;
    private static final int ROWS = 20_000;
    private static final String ALL_OTHERS = """
            select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()
            """;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @ParameterizedTest
    @EnumSource
    void everyRowIsMigratedOnceHoweverOftenAllConnectionsAreTerminated(PlusOne form) {
        Sluice sluice = story.instance("worker");
        Watched run = story.enqueued(sluice, form, ROWS, 10);
        PlusOne.pace(database, Duration.ofMillis(2));
        sluice.start().block(SOON);

        for (int termination = 1; termination <= TERMINATIONS; termination++) {
            run.awaitProgress(SOON);
            assertThat(database.queryLong(ALL_OTHERS)).as("terminated backends").isPositive();
        }
        assertThat(form.done(database)).as("rows done at the last one").isLessThan(ROWS);
        story.hurry(sluice, run);
        run.awaitStatus(RunStatus.SUCCEEDED, Duration.ofMinutes(1));

        form.assertEveryRowOnce(database);
        Run ended = sluice.run(run.id()).block(SOON);
        assertThat(ended.attempts().spent())
                .as("a lost connection spends no attempt")
                .isZero();
    }
}
