package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.event.SluiceEvent;
import io.sluice.run.Progress;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That a run is throttled is written where everybody can see it, and told once when it begins and when it ends. */
class ThrottledRunIT {

    private final LedgerOnTrial trial = LedgerOnTrial.installed();
    private Lease lease;

    @BeforeEach
    void aRunAtWork() {
        lease = trial.leased("copy", RunStatus.RUNNING);
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void itsReasonAndWhatItCostIsInTheProgress() {
        throttled("lag 40 s", 0);
        throttled("lag 42 s", 2_000);

        assertThat(progress().reason()).isEqualTo("lag 42 s");
        assertThat(progress().throttled()).isEqualTo(Duration.ofSeconds(2));

        throttled(null, 500);

        assertThat(progress().reason()).isNull();
        assertThat(progress().throttled()).isEqualTo(Duration.ofMillis(2_500));
    }

    @Test
    void itIsToldWhenItBeginsAndWhenItEndsAndNotBetween() {
        throttled("lag 40 s", 0);
        throttled("lag 42 s", 2_000);
        throttled("lag 30 s", 2_000);
        throttled(null, 500);
        throttled(null, 0);

        List<SluiceEvent> events =
                trial.ledger.journal().after(1, 100).collectList().block(SOON);

        assertThat(events)
                .satisfiesExactly(
                        begun -> assertThat(begun).isEqualTo(new SluiceEvent.Throttled(begun.origin(), "lag 40 s")),
                        ended -> assertThat(ended)
                                .isInstanceOfSatisfying(
                                        SluiceEvent.Unthrottled.class,
                                        it -> assertThat(it.lasted()).isBetween(Duration.ZERO, SOON)));
        assertThat(events.get(0).origin().run()).isEqualTo(lease.run());
        assertThat(trial.texts("select throttled_since::text from sluice.data_run"))
                .containsExactly("null");
    }

    @Test
    void whoLostTheLeaseTellsNothing() {
        trial.sql("update sluice.run set lease_token = lease_token + 1");

        throttled("lag 40 s", 2_000);

        assertThat(progress().reason()).isNull();
        assertThat(progress().throttled()).isEqualTo(Duration.ZERO);
        assertThat(trial.ledger.journal().lastNumber().block(SOON)).isEqualTo(1);
    }

    @Test
    void itIsNoReasonWhenTheRunIsNotAtWorkAnyMore() {
        throttled("lag 40 s", 0);

        trial.sql("update sluice.run set status = 'PAUSED', lease_owner = null, lease_expires_at = null");

        assertThat(progress().reason()).isNull();
    }

    private void throttled(String reason, long lostMillis) {
        trial.ledger
                .dataRuns()
                .throttled(lease, reason, Duration.ofMillis(lostMillis))
                .block(SOON);
    }

    private Progress progress() {
        return trial.ledger.dataRuns().progress(lease.run().number()).block(SOON);
    }
}
