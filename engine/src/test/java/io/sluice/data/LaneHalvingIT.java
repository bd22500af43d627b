package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.run.KeyBounds;
import io.sluice.run.RunId;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Half of a rest changes hands in one transaction that holds the lane: no key is in two lanes, none in no lane. */
class LaneHalvingIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
    private Lease lease;

    @BeforeEach
    void aRunWithTwoLanesOfWhichOneHasMoreLeft() {
        ledger.schema().install().block(SOON);
        database.execute(
                "create table items (id bigint primary key)",
                "insert into items select generate_series(1, 1000)",
                "analyze items",
                "select sluice.enqueue_data_migration('m')",
                "update sluice.run set status = 'RUNNING', lease_owner = 'me', lease_token = 7",
                """
                insert into sluice.lane (run_id, number, lower, upper, cursor, token, batch_upper, size)
                select id, 0, null::text[], '{200}'::text[], '{90}'::text[], 7, '{100}'::text[], 11 from sluice.run union all
                select id, 1, '{200}', '{1000}', '{250}', 7, '{300}', 12 from sluice.run
                """,
                """
                with b as (insert into sluice.batch (run_id, lane, pass, upper, status)
                           select run_id, number, 0, batch_upper, 'RUNNING' from sluice.lane returning id, lane)
                update sluice.lane l set batch_id = b.id from b where l.number = b.lane
                """);
        lease = new Lease(new RunId("primary", database.queryLong("select id from sluice.run")), 7, "me");
    }

    @AfterEach
    void close() {
        ledger.close().block(SOON);
        database.close();
    }

    @Test
    void theLargestRestIsHalvedBeyondItsOpenBatch() {
        assertThat(halved(7, 10)).isEqualTo(7);

        assertThat(lane(0)).isEqualTo(" {200} {90} 7 11");
        assertThat(lane(1)).isEqualTo("{200} {650} {250} 7 12");
        assertThat(lane(7)).isEqualTo("{650} {1000} {650} 7 12");
    }

    @Test
    void aRestThatIsTooSmallStaysWhole() {
        assertThat(halved(7, 701)).isNull();

        assertThat(halved(7, 700)).isEqualTo(7);
    }

    @Test
    void aLaneThatHasNotBegunIsHalvedFromItsStart() {
        database.execute("update sluice.lane set batch_id = null, batch_upper = null, cursor = lower");

        assertThat(halved(2, 10)).isEqualTo(2);

        assertThat(lane(1)).isEqualTo("{200} {600} {200} 7 12");
        database.execute("delete from sluice.lane where number > 0");
        assertThat(halved(1, 10)).isEqualTo(1);
        assertThat(lane(0)).isEqualTo(" {100}  7 11");
    }

    @Test
    void aSubBatchInFlightIsWaitedForAndWhatItPassedIsNotGivenAway() {
        Connection inFlight = connection();
        Mono.from(inFlight.beginTransaction())
                .then(Statements.update(
                        inFlight, "update sluice.lane set cursor = '{700}', batch_upper = '{800}' where number = 1"))
                .block(SOON);
        Sinks.One<Integer> taken = Sinks.one();
        Disposable halving = halving(7, 10).subscribe(taken::tryEmitValue);
        await("it waits for the lane")
                .atMost(SOON)
                .until(() -> database.queryLong("select count(*) from pg_locks where not granted") > 0);

        Mono.from(inFlight.commitTransaction())
                .then(Mono.from(inFlight.close()))
                .block(SOON);

        assertThat(taken.asMono().block(SOON)).isEqualTo(7);
        assertThat(lane(1)).isEqualTo("{200} {900} {700} 7 12");
        assertThat(lane(7)).startsWith("{900} {1000} ");
        halving.dispose();
    }

    @Test
    void whatWasDoneAndNotAnsweredIsFoundDone() {
        assertThat(halved(7, 10)).isEqualTo(7);
        String before = lanes();

        assertThat(halved(7, 10)).isEqualTo(7);

        assertThat(lanes()).isEqualTo(before);
    }

    @Test
    void aLaneThatAnEarlierHolderLeftMayBeHalvedBeforeItIsTaken() {
        database.execute("update sluice.lane set token = 3");

        assertThat(halved(7, 10)).isEqualTo(7);

        assertThat(lane(7)).isEqualTo("{650} {1000} {650} 7 12");
    }

    @Test
    void whoLostTheLeaseTakesNothing() {
        String before = lanes();
        database.execute("update sluice.run set lease_token = 8", "update sluice.lane set token = 7");

        StepVerifier.create(halving(7, 10))
                .expectError(LeaseLostException.class)
                .verify(SOON);

        assertThat(lanes()).isEqualTo(before);
    }

    @Test
    void ofARunThatIsToStopNothingIsTakenAndTheLeaseIsNotTakenForLost() {
        String before = lanes();
        database.execute("update sluice.run set status = 'PAUSING'");

        assertThat(halved(7, 10)).isNull();

        assertThat(lanes()).isEqualTo(before);
    }

    @Test
    void aRunIsNotLockedMeanwhile() {
        Connection inFlight = connection();
        Mono.from(inFlight.beginTransaction())
                .then(Statements.update(inFlight, "update sluice.lane set size = 1"))
                .block(SOON);
        Disposable halving = halving(7, 10).subscribe();
        await("it waits for the lane")
                .atMost(SOON)
                .until(() -> database.queryLong("select count(*) from pg_locks where not granted") > 0);

        database.execute("set lock_timeout = '1s'; update sluice.run set status = 'PAUSING'");

        halving.dispose();
        Mono.from(inFlight.close()).block(SOON);
    }

    private @Nullable Integer halved(int newLane, int least) {
        return halving(newLane, least).block(SOON);
    }

    private Mono<Integer> halving(int newLane, int least) {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> new TableCatalog(ledger.name()).keyset(connection, Source.table("items")),
                        Connection::close)
                .flatMap(keys -> new LaneHalving(ledger, Schedulers.parallel(), lease, keys, KeyBounds.NONE, least)
                        .into(newLane));
    }

    private Connection connection() {
        return Mono.from(database.connectionFactory().create()).block(SOON);
    }

    private String lane(int number) {
        return String.valueOf(database.queryString(
                "select concat(lower, ' ', upper, ' ', cursor, ' ', token, ' ', size) from sluice.lane where number = "
                        + number));
    }

    private String lanes() {
        return String.valueOf(
                database.queryString("select string_agg(l::text, ' ' order by number) from sluice.lane l"));
    }
}
