package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.RowsQuarantinedException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.ErrorHandler;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** The handler of errors is told of what fails, and what it does changes nothing. */
class ErrorHandlerIT {

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final List<String> told = new CopyOnWriteArrayList<>();

    @BeforeEach
    void aTableThatIsNoGood() {
        database.execute(
                "create table items (id bigint primary key, n int check (n < 1))", "insert into items values (1, 0)");
    }

    @Test
    void isToldOfEachAttemptAndOfTheEndOfTheRun() {
        Run failed = failed((error, run) ->
                Mono.fromRunnable(() -> told.add(error.getClass().getSimpleName() + " " + run.status())));

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(told).hasSize(3);
        assertThat(told.subList(0, 2)).allMatch(it -> it.endsWith("DataIntegrityViolationException RUNNING"));
        assertThat(told.get(2)).isEqualTo(RowsQuarantinedException.class.getSimpleName() + " FAILED");
    }

    @Test
    void isToldOfARunThatWillBeTriedAgain() {
        Sluice sluice =
                instance((error, run) -> Mono.fromRunnable(() -> told.add(run.status() + " " + error.getMessage())));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("fill")).blockLast(SOON);
        database.execute("alter table items rename to gone");

        Run errored = sluice.runOnce().blockLast(SOON);

        assertThat(errored.status()).isEqualTo(RunStatus.ERRORED);
        assertThat(told).singleElement().asString().startsWith("ERRORED ").contains("items");
    }

    @Test
    void mayFailItself() {
        Run failed = failed((error, run) -> {
            told.add("called");
            throw new IllegalStateException("own");
        });

        assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
        assertThat(failed.failure().message()).doesNotContain("own");
        assertThat(told).hasSize(3);
    }

    private Run failed(ErrorHandler handler) {
        Sluice sluice = instance(handler);
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("fill").settings(it -> it.withBatchAttempts(2)))
                .blockLast(SOON);
        return sluice.runOnce().blockLast(SOON);
    }

    private Sluice instance(ErrorHandler handler) {
        return story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                        "fill", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")))
                .errors(handler)
                .build());
    }
}
