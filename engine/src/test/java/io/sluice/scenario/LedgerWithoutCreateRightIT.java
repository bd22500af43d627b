package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A user who may use the ledger but not create functions in it gets the same done. */
class LedgerWithoutCreateRightIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    /** Those of the sub-batches: they say so within their transaction. */
    private static final String END = """
            select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and application_name like 'sluice run %'
            """;

    private final Database database = TestDatabase.createDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    /** What else the role may be kept from. */
    enum Hardened {
        NO("select 1"),
        /** Then there are no anonymous blocks either. */
        NO_LANGUAGE("revoke usage on language plpgsql from public");

        private final String by;

        Hardened(String by) {
            this.by = by;
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameIsDone(Hardened hardened) {
        Sluice sluice = installed();
        database.execute(hardened.by);

        sluice.enqueue(Enqueue.of("count").from(11).to(490)).blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1 and label = 'it''s {new}'"))
                .isEqualTo(480);
        assertThat(database.queryLong("select sum(n) from items")).isEqualTo(480);
        assertThat(sluice.progress(run.id()).blockLast(SOON).rowsSeen()).isEqualTo(480);
        assertThat(database.queryString(
                        "select string_agg(rows_changed::text, ' ' order by id) from sluice.batch where pass = 0"))
                .isEqualTo("200 200 80");
        sluice.close().block(SOON);
    }

    @Test
    void everyRowIsDoneOnceThoughItsSessionsAreEndedAgainAndAgain() {
        Sluice sluice = installed();
        database.execute(
                "create function rest() returns trigger language plpgsql as"
                        + " 'begin perform pg_sleep(0.005); return new; end'",
                "create trigger rest before update on items for each row execute function rest()");
        sluice.enqueue(Enqueue.of("count")
                        .from(11)
                        .to(490)
                        .settings(it -> it.withBatchSize(20).withSubBatchSize(1)))
                .blockLast(SOON);
        AtomicInteger ended = new AtomicInteger();

        Mono.when(
                        sluice.runOnce(),
                        Flux.interval(Duration.ofMillis(200), Schedulers.boundedElastic())
                                .take(6)
                                .doOnNext(tick -> ended.addAndGet((int) database.queryLong(END))))
                .block(SOON);
        Run run = sluice.runs().blockFirst(SOON);

        assertThat(ended).as("sessions that were ended").hasPositiveValue();
        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(480);
        assertThat(database.queryLong("select sum(n) from items")).isEqualTo(480);
        sluice.close().block(SOON);
    }

    @Test
    void lanesWorkSideBySideWithoutTheFunctionToo() {
        Sluice sluice = installed();

        sluice.enqueue(Enqueue.of("count")
                        .from(11)
                        .to(490)
                        .settings(
                                it -> it.withBatchSize(40).withSubBatchSize(20).withLanes(3)))
                .blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from items where n = 1")).isEqualTo(480);
        assertThat(database.queryLong("select sum(n) from items")).isEqualTo(480);
        assertThat(database.queryLong("select count(distinct lane) from sluice.batch where pass = 0"))
                .isGreaterThanOrEqualTo(3);
        sluice.close().block(SOON);
    }

    @Test
    void aRightThatIsTakenWhileItWorksLeavesNoFunctionBehind() {
        Sluice sluice = installed();
        String user = database.name() + "_user";
        database.execute(
                "grant create on schema sluice to " + user,
                "create function take() returns trigger language plpgsql security definer as"
                        + " 'begin revoke create on schema sluice from " + user + "; return new; end'",
                "create trigger take before update on items for each row when (new.id = 300) execute function take()");
        Watched run = new Watched(
                database,
                sluice.enqueue(Enqueue.of("count").from(11).to(490))
                        .blockLast(SOON)
                        .run()
                        .id());

        sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(database.queryString("select has_schema_privilege('" + user + "', 'sluice', 'CREATE')::text"))
                .isEqualTo("false");
        assertThat(database.queryLong("select sum(n) from items")).isEqualTo(480);
        assertThat(database.queryLong("select count(*) from pg_proc where starts_with(proname, 'step_')"))
                .isZero();
        sluice.close().block(SOON);
    }

    @Test
    void whatAnEarlierLeaseLeftIsDroppedAndWhatIsOfAnotherRoleIsNoHarm() {
        Sluice sluice = installed();
        Run run = sluice.enqueue(Enqueue.of("count").from(11).to(490))
                .blockLast(SOON)
                .run();
        String own = "sluice.step_" + run.id().number() + "_0";
        String other = "sluice.step_" + run.id().number() + "_00";
        String body = "(bigint, bigint, bigint, integer) returns int language sql as 'select 1'";
        database.execute(
                "create function " + own + body,
                "create function " + other + body,
                "alter function " + own + " owner to " + database.name() + "_user");

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        assertThat(database.queryString(
                        "select string_agg(proname, ' ') from pg_proc where starts_with(proname, 'step_')"))
                .isEqualTo("step_" + run.id().number() + "_00");
        sluice.close().block(SOON);
    }

    @Test
    void aKeyOfSeveralColumnsMayBeCalledAsWhatIsInside() {
        String key = "\"Key \"\"1\"\" of $1\", t, sluice_lane, sluice_walk";
        database.execute(
                "create table named (\"Key \"\"1\"\" of $1\" text, t int, sluice_lane bigint, sluice_walk timestamptz,"
                        + " n int not null default 0, primary key (" + key + "))",
                "insert into named select 'x' || g % 3, g % 5, g, timestamptz '2026-01-01' + g * interval '1 hour'"
                        + " from generate_series(1, 300) g");
        Sluice sluice = installed();

        sluice.enqueue(Enqueue.of("named")).blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from named where n = 1")).isEqualTo(300);
        assertThat(sluice.progress(run.id()).blockLast(SOON).rowsSeen()).isEqualTo(300);
        sluice.close().block(SOON);
    }

    /** Promise 6: the block is ended on the server, and what the cursor says is what is done. */
    @Test
    void oneThatIsCancelledInTheMiddleOfABlockLeavesWhatItsCursorSays() {
        Sluice sluice = installed();
        database.execute(
                "create function rest() returns trigger language plpgsql as"
                        + " 'begin if new.id > 200 then perform pg_sleep(60); end if; return new; end'",
                "create trigger rest before update on items for each row execute function rest()");
        Run run = sluice.enqueue(Enqueue.of("count").from(11)).blockLast(SOON).run();
        sluice.start().block(SOON);
        Watched watched = new Watched(database, run.id());
        Watched.within(
                SOON,
                "a block sleeps",
                () -> database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and wait_event = 'PgSleep' and query like '%do $%'")
                        == 1);

        sluice.cancel(run.id()).block(SOON);

        watched.awaitStatus(RunStatus.CANCELLED, Duration.ofSeconds(1));
        assertThat(watched.backends("active", "idle in transaction")).isZero();
        assertThat(database.queryLong("select count(*) from items where n = 1"))
                .isEqualTo(database.queryLong("select sum(rows_changed) from sluice.lane"))
                .isPositive();
        sluice.close().block(SOON);
    }

    /** By somebody who may, for somebody who may not. */
    private Sluice installed() {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0, label text)",
                "insert into items (id) select g from generate_series(1, 500) g");
        Sluice owner = sluice(database.connectionFactory());
        owner.install().block(SOON);
        owner.close().block(SOON);
        return sluice(asUserWithoutCreate());
    }

    private static Sluice sluice(ConnectionFactory connections) {
        return Sluice.builder()
                .shard("primary", connections)
                .migrations(DataMigration.of(
                                "count",
                                Work.sql(
                                                Source.table("items"),
                                                "update items set n = n + 1, label = {label} where {batch}")
                                        .bind("label", "it's {new}")
                                        .remaining("label is null and id between 11 and 490"))
                        .with(it -> it.withBatchSize(200).withSubBatchSize(70)))
                .migrations(DataMigration.of(
                                "named", Work.sql(Source.table("named"), "update named set n = n + 1 where {batch}"))
                        .with(it -> it.withBatchSize(30).withSubBatchSize(7)))
                .build();
    }

    private ConnectionFactory asUserWithoutCreate() {
        String user = database.name() + "_user";
        database.execute(
                "create role " + user + " login password 'secret'",
                "grant usage on schema sluice to " + user,
                "grant select, insert, update, delete on all tables in schema sluice to " + user,
                "grant select, update on all tables in schema public to " + user);
        return ConnectionFactories.get(database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, user)
                .option(ConnectionFactoryOptions.PASSWORD, "secret")
                .build());
    }
}
