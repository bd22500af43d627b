package io.sluice.throttle;

import static io.sluice.throttle.Measured.SOON;
import static io.sluice.throttle.Measured.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.Database;
import io.sluice.testkit.Replicated;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The lag of a real standby, as its primary sees it and as it tells itself. */
class ReplicationLagIT {

    private static Replicated servers;
    private static Database primary;
    private static Database standby;

    @BeforeAll
    static void start() {
        servers = Replicated.start();
        primary = servers.primary();
        standby = servers.standby();
        primary.execute("create table written (n int, filler text)", "create role plain login");
        await().atMost(SOON)
                .until(() -> standby.queryLong("select count(*) from pg_class where relname = 'written'") == 1);
    }

    @AfterAll
    static void close() {
        servers.close();
    }

    @Test
    void itIsWhatTheStandbyHasNotReplayed() {
        assertThat(reading(standby, ReplicationLag.on(standby.connectionFactory()))
                        .value())
                .isLessThan(2_000);
        long before = System.nanoTime();
        standby.execute("select pg_wal_replay_pause()");
        await().atMost(SOON)
                .until(() -> "paused".equals(standby.queryString("select pg_get_wal_replay_pause_state()")));
        await("the lag grows while much is written").atMost(SOON).untilAsserted(() -> {
            primary.execute("insert into written select g, repeat('x', 100) from generate_series(1, 1000) g");
            assertThat(reading(primary, ReplicationLag.inTime()).value()).isGreaterThan(1_000);
        });
        assertThat(reading(primary, ReplicationLag.inTime())).satisfies(it -> {
            assertThat(it.value()).isBetween(1_000.0, atMostSince(before));
            assertThat(it.words()).matches("standby 'r1' is .* s behind");
        });
        double truth = primary.queryLong(
                "select pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint from pg_stat_replication");
        assertThat(reading(primary, ReplicationLag.inBytes()).value()).isBetween(truth, truth + 1_000_000);
        assertThat(truth).isGreaterThan(100_000);
        assertThat(reading(standby, ReplicationLag.on(standby.connectionFactory())))
                .satisfies(it -> {
                    assertThat(it.value()).isBetween(1_000.0, atMostSince(before));
                    assertThat(it.words()).matches("the standby is .* s behind");
                });

        standby.execute("select pg_wal_replay_resume()");

        await().atMost(SOON).untilAsserted(() -> {
            assertThat(reading(primary, ReplicationLag.inBytes()).value()).isLessThan(100_000);
            assertThat(reading(primary, ReplicationLag.inTime()).value()).isLessThan(1_000);
            assertThat(reading(standby, ReplicationLag.on(standby.connectionFactory()))
                            .value())
                    .isLessThan(1_000);
        });
    }

    /** In ms; what was written last before is a few seconds old on a slow machine. */
    private static double atMostSince(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos).toMillis() + 5_000.0;
    }

    @Test
    void anOrdinaryRoleMayNotSeeItAndMayAskTheStandby() {
        Database plain = new Database(primary.host(), primary.port(), primary.name(), "plain", "");
        Database plainOnStandby = new Database(standby.host(), standby.port(), standby.name(), "plain", "");

        assertThat(reading(plain, ReplicationLag.inTime())).isEqualTo(Reading.hidden("pg_stat_replication"));
        assertThat(reading(plain, ReplicationLag.inBytes())).isEqualTo(Reading.hidden("pg_stat_replication"));
        assertThat(reading(plainOnStandby, ReplicationLag.on(standby.connectionFactory()))
                        .value())
                .isNotNull();
        primary.execute("grant pg_monitor to plain");
        assertThat(reading(plain, ReplicationLag.inTime()).value()).isNotNull();
        primary.execute("revoke pg_monitor from plain");
    }

    @Test
    void aStandbyThatIsGoneIsMissedWhereItIsAskedItself() {
        try (Replicated others = Replicated.start()) {
            Database gone = others.standby();
            others.stopStandby();

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(reading(others.primary(), ReplicationLag.inTime()))
                            .isEqualTo(Reading.nothing()));
            assertThatThrownBy(() -> reading(gone, ReplicationLag.on(gone.connectionFactory())))
                    .hasMessageContaining("cannot be reached");
        }
    }
}
