package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promise 8: the upper bound is fixed at the start, so a run ends however fast an application writes behind it. */
class InsertsDuringTheRunIT {

    private static final int ROWS = 5_000;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @ParameterizedTest
    @EnumSource
    void rowsThatWereThereAreMigratedOnceAndTheRunEnds(PlusOne form) {
        Sluice sluice = story.instance("worker");
        Watched run = story.enqueued(sluice, form, ROWS, 20);
        database.execute("alter table %s add touched int not null default 0".formatted(form.table()));
        PlusOne.pace(database, Duration.ofMillis(2));
        sluice.start().block(SOON);
        run.awaitProgress(SOON);

        int rounds = 0;
        while (!run.status().equals("SUCCEEDED")) {
            writeLikeAnApplication(form, ++rounds);
            assertThat(rounds).as("rounds of writing before the run ended").isLessThan(2_000);
        }

        assertThat(rounds).as("rounds of writing during the run").isGreaterThan(5);
        assertThat(database.queryLong(
                        countOf(form, "id %% 3 = 0 and id <= 3 * %d and n = 1 and m = 1".formatted(ROWS))))
                .as("rows that were there, each once")
                .isEqualTo(ROWS);
        assertThat(database.queryLong(countOf(form, "n > 1 or m <> n"))).isZero();
        assertThat(database.queryLong(countOf(form, "id > 3 * %d and n > 0".formatted(ROWS))))
                .as("rows beyond the upper bound, which are the application's")
                .isZero();
        assertThat(database.queryLong(countOf(form, "touched > 0"))).isPositive();
    }

    /** A row between the others, a row beyond them, and a change of rows all over the table, in front of the cursor and behind. */
    private void writeLikeAnApplication(PlusOne form, int round) {
        database.execute(
                "insert into %s (id) values (%d), (%d)".formatted(form.table(), 3 * round - 1, 3 * (ROWS + round)),
                "update %s set touched = touched + 1 where id %% 101 = %d".formatted(form.table(), round % 101));
    }

    private static String countOf(PlusOne form, String condition) {
        return "select count(*) from " + form.table() + " where " + condition;
    }
}
