package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.DefinitionException;
import io.sluice.data.ItemSource;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Several lanes at once: each key is in one of them, and who is done helps the others. */
class LanesIT {

    private static final Duration QUICKLY = Duration.ofSeconds(1);
    private static final int ROWS = 8_000;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @ParameterizedTest
    @EnumSource
    void fourWorkAtOnceAndEveryRowIsDoneOnce(PlusOne form) {
        Sluice sluice = story.instance("one");
        Watched run = enqueued(sluice, form, 4);
        PlusOne.pace(database, Duration.ofMillis(30));

        sluice.start().block(SOON);
        Watched.within(SOON, "four are at work", () -> run.backends("active", "idle in transaction") == 4);
        assertThat(database.queryLong("select count(*) from sluice.lane")).isEqualTo(4);
        story.hurry(sluice, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        form.assertEveryRowOnce(database);
        assertThat(database.queryLong("select sum(rows_seen) from sluice.lane")).isEqualTo(ROWS);
    }

    @ParameterizedTest
    @EnumSource
    void afterAPauseEachGoesOnWhereItWasAlsoWithOtherLanes(PlusOne form) {
        Sluice sluice = story.instance("one");
        Watched run = enqueued(sluice, form, 4);
        PlusOne.pace(database, Duration.ofMillis(20));
        sluice.start().block(SOON);
        run.awaitProgress(SOON);

        sluice.pause(run.id()).block(SOON);
        run.awaitStatus(RunStatus.PAUSED, QUICKLY);
        assertThat(run.backends("active", "idle in transaction")).isZero();
        long done = form.done(database);
        assertThat(done).isEqualTo(database.queryLong("select sum(rows_seen) from sluice.lane"));

        sluice.changeSettings(run.id(), it -> it.withLanes(2)).block(SOON);
        sluice.resume(run.id()).block(SOON);
        Watched.within(SOON, "two go on", () -> run.backends("active", "idle in transaction") == 2);
        assertThat(run.backends("active", "idle in transaction")).isLessThanOrEqualTo(2);
        story.hurry(sluice, run);
        run.awaitStatus(RunStatus.SUCCEEDED, SOON);

        form.assertEveryRowOnce(database);
    }

    @Test
    void whoIsDoneTakesHalfOfTheLargestRestAgainAndAgain() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 4000)",
                "create function slow(id bigint) returns boolean language plpgsql volatile as"
                        + " $$ begin if id > 3000 then perform pg_sleep(0.002); end if; return true; end $$");
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.sql(
                                        Source.table("items"), "update items set n = n + 1 where {batch} and slow(id)"))
                        .with(it -> it.withBatchSize(40).withSubBatchSize(20).withLanes(4)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(4_000);
        assertThat(database.queryLong("select count(*) from sluice.lane where number > 3"))
                .as("lanes that were taken of others")
                .isGreaterThanOrEqualTo(2);
        assertThat(database.queryLong(
                        "select count(*) from sluice.lane where number > 3 and (upper)[1]::bigint > 3000"))
                .as("of these, what was taken of the slow one")
                .isGreaterThanOrEqualTo(1);
        assertThat(database.queryLong("select sum(rows_seen) from sluice.lane")).isEqualTo(4_000);
    }

    @Test
    void poisonRowsInSeveralLanesAreFoundAndRetried() {
        rows(1_000);
        database.execute("alter table items add check (n = 0 or id not in (3, 333, 666, 999)) not valid");
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")
                                        .remaining("n = 0"))
                        .with(it -> it.withBatchSize(100)
                                .withSubBatchSize(50)
                                .withLanes(3)
                                .withBatchAttempts(1)));
        sluice.install().block(SOON);
        Run enqueued = sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON).run();

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.failure().message()).startsWith("QUARANTINED").contains("4");
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(996);
        database.execute("alter table items drop constraint items_check");
        sluice.retry(enqueued.id()).block(SOON);
        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(1_000);
    }

    @Test
    void whatRemainsIsCountedAndSweptInLanesToo() {
        rows(1_000);
        // rows that the work passes by: only the sweep, which looks for them, does
        database.execute("create table done (id bigint primary key)");
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.code(
                                                Source.table("items"),
                                                batch -> batch.update("update items set n = n + 1 where {batch} and"
                                                        + " (id % 10 > 0 or exists (select from sluice.data_run"
                                                        + " where phase = 'SWEEPING'))"))
                                        .remaining("n = 0"))
                        .with(it -> it.withBatchSize(100).withSubBatchSize(50).withLanes(3)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(1_000);
        assertThat(database.queryString("select string_agg(detail ->> 'phase', ' ' order by number) from sluice.event"
                        + " where kind = 'PASS'"))
                .isEqualTo("COUNTING SWEEPING COUNTING");
    }

    @Test
    void anErrorInOneEndsAllAndNothingIsLost() {
        rows(1_000);
        database.execute("alter table items add check (n = 0 or id <> 999) not valid");
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.code(
                                        Source.table("items"),
                                        batch -> batch.upper().get(0).equals("1000")
                                                ? Mono.error(new IllegalStateException("a bug"))
                                                : batch.update("update items set n = n + 1 where {batch}")))
                        .with(it -> it.withBatchSize(50)
                                .withSubBatchSize(50)
                                .withLanes(4)
                                .withBatchAttempts(1)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(database.queryLong("select sum(n) from items"))
                .isEqualTo(database.queryLong("select sum(rows_changed) from sluice.lane"));
    }

    @Test
    void aLaneThatWasMadeWhileItsAnswerWasLostIsNotForgotten() {
        rows(1_000);
        // what a halving leaves that was committed and whose maker never heard of it
        database.execute("""
                create function halved() returns boolean language plpgsql as $$ begin
                    if not exists (select from sluice.lane where number = 99) then
                        insert into sluice.lane (run_id, number, lower, upper, cursor, token)
                        select run_id, 99, '{800}', '{1000}', '{800}', token from sluice.lane where upper = '{1000}';
                        update sluice.lane set upper = '{800}' where upper = '{1000}' and number <> 99;
                    end if;
                    return true;
                end $$
                """);
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                                "plus-one",
                                Work.sql(
                                        Source.table("items"),
                                        "update items set n = n + 1 where {batch} and (select halved())"))
                        .with(it -> it.withBatchSize(100).withSubBatchSize(50)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(1_000);
    }

    @Test
    void plainSqlMayAskForLanes() {
        rows(1_000);
        Sluice sluice = story.instance(
                "one",
                DataMigration.of(
                        "plus-one", Work.sql(Source.table("items"), "update items set n = n + 1 where {batch}")));
        sluice.install().block(SOON);
        database.execute("select sluice.enqueue_data_migration('plus-one', '[]', '{\"lanes\": 3}')");

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        assertThat(database.queryLong("select count(distinct lane) from sluice.batch"))
                .isEqualTo(3);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(1_000);
    }

    @Test
    void itemsHaveOneLaneAndWhoAsksForMoreIsToldBeforeAnythingIsDone() {
        ItemSource<Integer> source = cursor -> Flux.just(new ItemSource.Item<>(1, "1"));
        Sluice sluice = story.instance(
                "one",
                DataMigration.of("items", Work.items(source, (connection, items) -> Mono.error(new AssertionError())))
                        .with(it -> it.withLanes(2)));
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("items")).blockLast(SOON);

        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.failure().errorClass()).isEqualTo(DefinitionException.class.getName());
        assertThat(run.failure().message()).contains("one lane", "2 were set");
    }

    private void rows(int count) {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, " + count + ")");
    }

    private Watched enqueued(Sluice sluice, PlusOne form, int lanes) {
        form.create(database, ROWS);
        sluice.install().block(SOON);
        Run run = sluice.enqueue(form.enqueue(10)
                        .settings(
                                it -> it.withBatchSize(200).withSubBatchSize(10).withLanes(lanes)))
                .blockLast(SOON)
                .run();
        return new Watched(database, run.id());
    }
}
