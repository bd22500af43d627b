package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static io.sluice.ledger.LedgerOnTrial.TERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import io.sluice.run.RunStatus;
import io.sluice.sql.Connections;
import io.sluice.sql.KeptOpen;
import io.sluice.sql.PoolSettings;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Taking a lane is a fence: what was sent before it finds nothing to commit to, and ours do not stand in its way. */
class LaneStoreIT {

    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final LedgerOnTrial trial = LedgerOnTrial.installed();
    private Lease lease;

    @BeforeEach
    void aRunWithALaneAndABatch() {
        lease = trial.leased("copy", RunStatus.RUNNING);
        long run = lease.run().number();
        trial.sql(
                "insert into sluice.lane (run_id, number, lower, upper, cursor, token, epoch, rows_seen, rows_changed)"
                        + " values (" + run + ", 0, '{1}', '{9}', '{4}', 3, 5, 40, 30)");
        trial.sql(
                "with b as (insert into sluice.batch (run_id, lane, pass, upper, status) values (" + run
                        + ", 0, 0, '{6}', 'RUNNING') returning id) update sluice.lane set batch_id = b.id, batch_upper = '{6}' from b");
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void takingGivesAFreshRowWithTheTokenAndANewEpoch() {
        long before = trial.number("select id from sluice.lane");
        long batch = trial.number("select batch_id from sluice.lane");

        Lane lane = trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON);

        assertThat(lane)
                .isEqualTo(new Lane(
                        trial.number("select id from sluice.lane"),
                        0,
                        lease.token(),
                        6,
                        List.of("4"),
                        List.of("9"),
                        batch,
                        null,
                        trial.number("select sub_batches from sluice.lane"),
                        trial.number("select batch_seen from sluice.lane")));
        assertThat(lane.id()).isNotEqualTo(before);
        assertThat(trial.text(
                        "select concat_ws(' ', token, epoch, lower, upper, cursor, rows_seen, rows_changed, batch_upper)"
                                + " from sluice.lane"))
                .isEqualTo("7 6 {1} {9} {4} 40 30 {6}");
        assertThat(trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON).epoch())
                .isEqualTo(7);
    }

    @Test
    void anOldTokenTakesNothing() {
        Lease old = new Lease(lease.run(), lease.token() - 1, "them");
        String before = trial.text("select l::text from sluice.lane l");

        assertThatThrownBy(() -> trial.ledger.lanes().take(old, 0, PATIENCE).block(SOON))
                .isInstanceOf(LeaseLostException.class)
                .hasMessageContaining(lease.run().toString());

        assertThat(trial.text("select l::text from sluice.lane l")).isEqualTo(before);
    }

    @Test
    void whoLetGoTakesNothingThoughTheTokenIsTheLastOne() {
        trial.sql("update sluice.run set lease_owner = null, status = 'ENQUEUED'");

        assertThatThrownBy(() -> trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON))
                .isInstanceOf(LeaseLostException.class);
    }

    @Test
    void whatWasSentBeforeTheFenceIsRefusedBehindIt() {
        Lane old = trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON);

        Lane fresh = trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON);

        assertThat(state(old.id(), old.token(), old.epoch())).isEqualTo("REFUSED");
        assertThat(state(fresh.id(), fresh.token(), old.epoch())).isEqualTo("REFUSED");
        assertThat(state(fresh.id(), fresh.token() - 1, fresh.epoch())).isEqualTo("REFUSED");
        assertThat(state(fresh.id(), fresh.token(), fresh.epoch())).isEqualTo("OPEN");
        trial.sql("update sluice.run set status = 'PAUSING'");
        assertThat(state(fresh.id(), fresh.token(), fresh.epoch())).isEqualTo("REFUSED");
        trial.sql("update sluice.run set status = 'RUNNING', lease_token = lease_token + 1");
        assertThat(state(fresh.id(), fresh.token(), fresh.epoch())).isEqualTo("REFUSED");
    }

    private String state(long lane, long token, long epoch) {
        return trial.text("select state from sluice.open_sub_batch(" + lane + ", " + token + ", " + epoch + ")");
    }

    @Test
    void aSubBatchOfOursInItsWayIsTerminatedWhenThePatienceEnds() {
        Connection blocker = holdingTheLane("sluice run " + lease.run().number());

        Lane lane = trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON);

        assertThat(lane.epoch()).isEqualTo(6);
        assertThat(Mono.from(blocker.validate(ValidationDepth.REMOTE)).block(SOON))
                .isFalse();
    }

    @Test
    void manyLanesThatMustBeWaitedForLeaveConnectionsForThoseWhoKeepTheLease() {
        trial.sql("insert into sluice.lane (run_id, number, lower, upper, cursor, token)"
                + " select run_id, n, lower, upper, cursor, token from sluice.lane, generate_series(1, 7) n");
        Connection blocker = holdingTheLane("sluice run " + lease.run().number());
        Duration patience = Duration.ofSeconds(3);

        Mono<Long> taken = Flux.range(0, 8)
                .flatMap(number -> trial.ledger.lanes().take(lease, number, patience), 8)
                .count();
        RunStatus renewed = Mono.zip(
                        taken,
                        Mono.delay(Duration.ofMillis(500))
                                .then(trial.runs().renew(lease, TERM))
                                .timeout(Duration.ofSeconds(2)))
                .block(SOON)
                .getT2();

        assertThat(renewed).isEqualTo(RunStatus.RUNNING);
        assertThat(trial.number("select count(*) from sluice.lane where token = " + lease.token()))
                .isEqualTo(8);
        assertThat(Mono.from(blocker.validate(ValidationDepth.REMOTE)).block(SOON))
                .isFalse();
    }

    @Test
    void whoIsNotOursIsNotTerminated() {
        Connection blocker = holdingTheLane("psql");
        String before = trial.text("select l::text from sluice.lane l");

        assertThatThrownBy(() -> trial.ledger
                        .lanes()
                        .take(lease, 0, PATIENCE)
                        .timeout(Duration.ofMillis(1_500))
                        .block(SOON))
                .hasRootCauseInstanceOf(TimeoutException.class);

        assertThat(Mono.from(blocker.validate(ValidationDepth.REMOTE)).block(SOON))
                .isTrue();
        assertThat(trial.text("select l::text from sluice.lane l")).isEqualTo(before);
        Mono.from(blocker.rollbackTransaction())
                .then(Mono.from(blocker.close()))
                .block(SOON);
        assertThat(trial.ledger.lanes().take(lease, 0, PATIENCE).block(SOON).epoch())
                .isEqualTo(6);
    }

    /** The former holder, woken up, and the present one wait for the same sub-batch: only one of them has the lease. */
    @Test
    void whoWaitsBehindAFormerHolderForALaneHasItInTheEnd() {
        Connection blocker = holdingTheLane("sluice run " + lease.run().number());
        Connection former =
                Mono.from(trial.database.connectionFactory().create()).block(SOON);
        Mono<Long> fresh = Statements.update(former, """
                with old as (delete from sluice.lane where number = 0 returning *)
                insert into sluice.lane (run_id, number, lower, upper, cursor, token, epoch, rows_seen, rows_changed,
                    batch_id, batch_upper)
                select run_id, number, lower, upper, cursor, token, epoch + 1, rows_seen, rows_changed, batch_id,
                    batch_upper from old
                """);

        Lane lane = Mono.zip(
                        fresh,
                        waiting(1).then(trial.ledger.lanes().take(lease, 0, TERM)),
                        waiting(2)
                                .then(Mono.defer(() -> Mono.from(blocker.commitTransaction())))
                                .thenReturn(true))
                .block(SOON)
                .getT2();

        assertThat(lane.epoch()).isEqualTo(7);
        assertThat(lane.token()).isEqualTo(lease.token());
        Mono.from(former.close()).then(Mono.from(blocker.close())).block(SOON);
    }

    /** So many sessions wait for a lock. */
    private Mono<Boolean> waiting(int sessions) {
        return Mono.fromCallable(() -> {
                    Awaitility.await()
                            .atMost(SOON)
                            .until(() -> trial.database.queryLong(
                                            "select count(*) from pg_stat_activity where datname = current_database()"
                                                    + " and wait_event_type = 'Lock'")
                                    == sessions);
                    return true;
                })
                .subscribeOn(Schedulers.boundedElastic());
    }

    /** It takes as long as the settings say, however soon other short transactions are given up. */
    @Test
    void aPatienceThatIsLongerThanAShortStatementMayTakeEndsTheBlockerAllTheSame() {
        Connection blocker = holdingTheLane("sluice run " + lease.run().number());
        Connections impatient = new Connections(
                "primary",
                trial.database.connectionFactory(),
                new KeptOpen(1),
                PoolSettings.DEFAULTS,
                Duration.ofSeconds(1));
        LaneStore lanes = new LaneStore(impatient, new LedgerName("sluice"), Schedulers.parallel());

        Lane lane = lanes.take(lease, 0, Duration.ofMillis(2_500)).block(SOON);

        assertThat(lane.epoch()).isEqualTo(6);
        assertThat(Mono.from(blocker.validate(ValidationDepth.REMOTE)).block(SOON))
                .isFalse();
        impatient.close().block(SOON);
    }

    @Test
    void aSubBatchThatEndsInTimeIsWaitedFor() {
        Connection blocker = holdingTheLane("sluice run " + lease.run().number());

        Lane lane = Mono.zip(
                        trial.ledger.lanes().take(lease, 0, TERM),
                        Mono.delay(Duration.ofMillis(300))
                                .then(Statements.update(blocker, "update sluice.lane set cursor = '{5}'"))
                                .then(Mono.defer(() -> Mono.from(blocker.commitTransaction())))
                                .thenReturn(true))
                .block(SOON)
                .getT1();

        assertThat(lane.cursor()).containsExactly("5");
        Mono.from(blocker.close()).block(SOON);
    }

    /** A transaction that holds the lane and says nothing any more. */
    private Connection holdingTheLane(String applicationName) {
        Connection blocker =
                Mono.from(trial.database.connectionFactory().create()).block(SOON);
        Mono.from(blocker.beginTransaction())
                .then(Statements.queryOne(
                        blocker,
                        "select set_config('application_name', $1, true) from sluice.lane for update",
                        row -> 1,
                        applicationName))
                .block(SOON);
        return blocker;
    }
}
