package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static io.sluice.ledger.LedgerOnTrial.TERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Leases end where they lapse, and a run that somebody holds cannot be removed. */
class RunStoreLeaseIT {

    private final LedgerOnTrial trial = LedgerOnTrial.installed();

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void renewingLengthensTheLeaseAndTellsTheStatus() {
        Lease lease = trial.leased("renewed", RunStatus.PAUSING);

        RunStatus status = trial.runs().renew(lease, Duration.ofHours(3)).block(SOON);

        assertThat(status).isEqualTo(RunStatus.PAUSING);
        assertThat(trial.number("select extract(epoch from lease_expires_at - clock_timestamp())::int from sluice.run"))
                .isBetween(10_700L, 10_800L);
    }

    @Test
    void nothingIsRenewedOrWatchedWithoutTheToken() {
        Lease lease = trial.leased("lost", RunStatus.RUNNING);
        Lease stale = new Lease(lease.run(), lease.token() - 1, "me");
        String before = trial.row(lease.run().number());

        assertThat(trial.runs().renew(stale, TERM).block(SOON)).isNull();
        assertThat(trial.runs().watch(stale).block(SOON)).isNull();

        assertThat(trial.row(lease.run().number())).isEqualTo(before);
        assertThat(trial.runs().watch(lease).block(SOON)).isEqualTo(RunStatus.RUNNING);
    }

    @Test
    void aReleasedRunIsNobodysThoughItsTokenIsTheLastOne() {
        Lease lease = trial.leased("released", RunStatus.ENQUEUED);

        assertThat(trial.runs().renew(lease, TERM).block(SOON)).isNull();
        assertThat(trial.runs().watch(lease).block(SOON)).isNull();
    }

    @Test
    void onlyALapsedLeaseIsTakenAndByOneOnly() {
        trial.leased("alive", RunStatus.RUNNING);
        Lease lapsed = trial.leased("lapsed", RunStatus.CANCELLING);
        lapse(lapsed);

        List<Run> taken = Flux.range(0, 20)
                .flatMap(i -> trial.runs().takeLapsed("taker " + i, TERM), 20)
                .collectList()
                .block(SOON);

        assertThat(taken).hasSize(1);
        assertThat(taken.get(0).id()).isEqualTo(lapsed.run());
        assertThat(taken.get(0).status()).isEqualTo(RunStatus.CANCELLING);
        assertThat(taken.get(0).lease().token()).isEqualTo(lapsed.token() + 1);
        assertThat(taken.get(0).lease().owner()).startsWith("taker ");
        assertThat(trial.runs().takeLapsed("late", TERM).block(SOON)).isNull();
        assertThat(trial.runs().renew(lapsed, TERM).block(SOON)).isNull();
    }

    @Test
    void everyLapsedLeaseIsTakenOldestFirst() {
        List<Lease> leases = IntStream.range(0, 3)
                .mapToObj(i -> trial.leased("lapsed " + i, RunStatus.RUNNING))
                .toList();
        leases.forEach(this::lapse);

        List<RunId> taken = Flux.range(0, 4)
                .concatMap(i -> trial.runs().takeLapsed("me", TERM))
                .map(Run::id)
                .collectList()
                .block(SOON);

        assertThat(taken)
                .containsExactlyElementsOf(leases.stream().map(Lease::run).toList());
    }

    @Test
    void aLeasedRunIsNotRemovedAndNorAreItsOldGenerations() {
        long first = trial.enqueue("held").run();
        trial.sql("update sluice.run set status = 'SUCCEEDED' where id = " + first);
        long second = trial.enqueue("held", Arguments.none(), true).run();
        trial.sql("update sluice.run set status = 'RUNNING', lease_owner = 'them', lease_token = 1,"
                + " lease_expires_at = now() where id = " + second);

        assertThatThrownBy(() -> trial.runs()
                        .remove(RunKind.DATA, "held", Arguments.none())
                        .blockLast(SOON))
                .isInstanceOf(LeaseHeldException.class)
                .hasMessageContaining("primary:" + second)
                .hasMessageContaining("them");

        assertThat(trial.number("select count(*) from sluice.run")).isEqualTo(2);
        assertThat(trial.number("select count(*) from sluice.event where kind = 'REMOVED'"))
                .isZero();
    }

    @Test
    void everyGenerationThatNobodyHoldsIsRemovedWithAllThatBelongsToIt() {
        long first = trial.enqueue("gone").run();
        trial.sql("update sluice.run set status = 'CANCELLED' where id = " + first);
        long second = trial.enqueue("gone", Arguments.none(), true).run();
        long other = trial.enqueue("gone", Arguments.of(1), false).run();
        trial.sql("insert into sluice.lane (run_id, number, token) values (" + second + ", 0, 1)");

        List<RunId> removed = trial.runs()
                .remove(RunKind.DATA, "gone", Arguments.none())
                .collectList()
                .block(SOON);

        assertThat(removed).containsExactlyInAnyOrder(new RunId("primary", first), new RunId("primary", second));
        assertThat(trial.number("select count(*) from sluice.run where id <> " + other))
                .isZero();
        assertThat(trial.number("select count(*) from sluice.lane")).isZero();
        assertThat(trial.number("select count(*) from sluice.data_run")).isEqualTo(1);
        assertThat(trial.events(first)).last().asString().startsWith("REMOVED");
        assertThat(trial.runs()
                        .remove(RunKind.DATA, "gone", Arguments.none())
                        .collectList()
                        .block(SOON))
                .isEmpty();
    }

    private void lapse(Lease lease) {
        trial.sql("update sluice.run set lease_expires_at = clock_timestamp() - interval '1 second' - id *"
                + " interval '-1 millisecond' where id = " + lease.run().number());
    }
}
