package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.worker.Worker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** A deploy may bring the declaration later than the order: until then the run waits, takes no slot and is told of once. */
class UnknownMigrationWaitsIT {

    private static final Work TOUCH = Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}");

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @Test
    void untilAnInstanceComesThatKnowsIt() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 100)");
        Sluice older = story.instance("older", DataMigration.of("known", TOUCH));
        older.install().block(SOON);
        long unknown = database.queryLong("select sluice.enqueue_data_migration('touch-items')");
        Watched run = new Watched(database, new RunId("primary", unknown));

        List<String> told = toldWhile(() -> {
            older.start().block(SOON);
            database.queryLong("select sluice.enqueue_data_migration('known')");
            Watched known = new Watched(database, new RunId("primary", unknown + 1));
            known.awaitStatus(RunStatus.SUCCEEDED, SOON);
            // each verb wakes the workers, so these are further looks at what there is
            older.pause(run.id()).then(older.resume(run.id())).block(SOON);
            await().during(Duration.ofMillis(500))
                    .atMost(SOON)
                    .until(() -> run.status().equals("ENQUEUED"));
        });
        assertThat(told).filteredOn(it -> it.contains("'touch-items'")).hasSize(1);

        Sluice newer = story.instance("newer", DataMigration.of("touch-items", TOUCH));
        newer.start().block(SOON);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select count(*) from items where n = 2")).isEqualTo(100);
    }

    private static List<String> toldWhile(Runnable story) {
        Logger logger = (Logger) LoggerFactory.getLogger(Worker.class);
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.addAppender(appender);
        try {
            story.run();
        } finally {
            logger.detachAppender(appender);
        }
        return List.copyOf(appender.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
