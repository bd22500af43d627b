package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import org.junit.jupiter.api.Test;

class GettingStartedIT {

    private static final String SQL = "engine/src/test/resources/io/sluice/docs/getting-started.sql";

    private final Database database = TestDatabase.createDatabase();

    @Test
    void theApplicationOfThePageFillsTheColumn() {
        database.execute(Pages.region(SQL + "#table"));

        GettingStarted.main(new String[] {database.url()});

        assertThat(database.queryLong("select count(*) from users where email_lower = lower(email)"))
                .isEqualTo(100_000);
        assertThat(database.query(Pages.region(SQL + "#look")))
                .singleElement()
                .satisfies(row -> assertThat(row).contains("users-lower-email", "SUCCEEDED"));
    }
}
