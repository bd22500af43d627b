package io.sluice.throttle;

import static io.sluice.throttle.Measured.SOON;
import static io.sluice.throttle.Measured.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What waits to be archived on a server whose archive fails. */
class ArchiveBacklogIT {

    private static EmbeddedPostgres server;
    private static Database database;

    @BeforeAll
    static void start() {
        server = EmbeddedPostgres.builder().setting("archive_mode", "on").start();
        database = new Database(server.host(), server.port(), "postgres", "postgres", "");
        database.execute("create table written (n int)");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @Test
    void itIsTheSegmentsThatAreCompleteAndNotArchived() {
        assertThat(reading(database, ArchiveBacklog.inSegments())).isEqualTo(Reading.nothing());

        archiveBy("false");
        fillSegments(1);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(reading(database, ArchiveBacklog.inSegments()))
                        .isEqualTo(Reading.unknown("nothing was archived yet and archiving fails")));

        archiveBy("true");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(
                                reading(database, ArchiveBacklog.inSegments()).value())
                        .isZero());

        archiveBy("false");
        fillSegments(3);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(reading(database, ArchiveBacklog.inSegments()))
                        .isEqualTo(Reading.of(3, "segments of log that wait to be archived: 3, archiving fails")));
        assertThat(database.queryLong("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'"))
                .as("the server counts the same")
                .isEqualTo(3);
    }

    private static void archiveBy(String command) {
        database.execute("alter system set archive_command = '" + command + "'", "select pg_reload_conf()");
        await().atMost(SOON).until(() -> command.equals(database.queryString("show archive_command")));
    }

    private static void fillSegments(int number) {
        for (int i = 0; i < number; i++) {
            database.execute("insert into written values (1)", "select pg_switch_wal()");
        }
    }
}
