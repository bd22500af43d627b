package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Progress;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.Replicated;
import io.sluice.throttle.ReplicationLag;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A replica that falls behind slows a migration down and stops it; when it catches up the migration climbs back. */
class ReplicaLagsIT {

    private static final Duration SOFT = Duration.ofSeconds(1);
    private static final Duration HARD = Duration.ofSeconds(3);
    private static final Duration CLIMB = Duration.ofSeconds(4);
    private static final Duration UNKNOWN_FOR = Duration.ofSeconds(4);

    private final Replicated servers = Replicated.start();
    private final Database primary = servers.primary();
    private final Database standby = servers.standby();
    private final Sluice sluice = Sluice.builder()
            .shard("main", primary.connectionFactory())
            .migrations(DataMigration.of("stamp", Work.sql(Source.table("items"), """
                                    update items set began = statement_timestamp()
                                     where {batch} and (select pg_sleep(0.01)) is not null
                                    """))
                    .with(it -> it.withBatchSize(1_000).withSubBatchSize(10)))
            .throttle(ReplicationLag.on(standby.connectionFactory(), SOFT, HARD)
                    .climbingFor(CLIMB)
                    .unknownFor(UNKNOWN_FOR))
            .build();

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        servers.close();
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void aReplicaThatIsGoneStopsItAtOnceAndAfterTheLongestWaitItGoesOnSlowly() {
        RunId run = begun();
        long before = new Watched(primary, run).cursor();

        String gone = now();
        servers.stopStandby();
        Progress blind = sluice.progress(run).filter(it -> it.reason() != null).blockFirst(SOON);
        Watched.within(SOON, "it goes on slowly", () -> reason(run).contains("goes on slowly after 4 s"));
        new Watched(primary, run).awaitProgress(SOON);

        assertThat(blind.reason()).startsWith("the lag of the standby is unknown: ");
        assertThat(begunBetween(gone, "interval '1 second'", gone, "interval '3500 ms'"))
                .as("sub-batches that began while it was waited for")
                .isZero();
        assertThat(new Watched(primary, run).cursor()).isGreaterThan(before);
    }

    private String reason(RunId run) {
        return String.valueOf(sluice.progress(run).blockFirst(SOON).reason());
    }

    /** A run at full speed. */
    private RunId begun() {
        primary.execute(
                "create table items (id bigint primary key, began timestamptz)",
                "insert into items (id) select generate_series(1, 100000)");
        sluice.install().block(SOON);
        sluice.start().block(SOON);
        RunId run = sluice.enqueue(Enqueue.of("stamp")).blockLast(SOON).run().id();
        new Watched(primary, run).awaitProgress(SOON);
        atFullSpeed(run);
        return run;
    }

    @Test
    void noSubBatchBeginsWithinASecondAndTheRateComesBackWithoutASawtooth() {
        RunId run = begun();

        standby.execute("select pg_wal_replay_pause()");
        Watched.within(SOON, "the standby is behind", () -> lagMillis() >= HARD.toMillis());
        String jumped = now();
        Watched.within(SOON, "and stays so for a while", () -> lagMillis() >= HARD.toMillis() + 2_500);
        Progress throttled = sluice.progress(run).blockFirst(SOON);
        String resumed = now();
        standby.execute("select pg_wal_replay_resume()");
        atFullSpeed(run);
        Watched.within(SOON, "the end is told", () -> told().contains("UNTHROTTLED"));

        assertThat(begunBetween(jumped, "interval '1 second'", resumed, "interval '0'"))
                .as("sub-batches that began later than a second after the jump")
                .isZero();
        assertThat(throttled.status()).isEqualTo(RunStatus.RUNNING);
        assertThat(throttled.reason()).matches("the standby is .* s behind, limit 3 s");
        assertThat(throttled.throttled()).isGreaterThan(Duration.ofMillis(500));
        assertNoSawtooth(windowsAfter(resumed));
        assertThat(told().lastIndexOf("UNTHROTTLED") - told().lastIndexOf("THROTTLED"))
                .isEqualTo(1);
        assertThat(sluice.eventsAfter("main", 0)
                        .filter(it -> it instanceof SluiceEvent.Throttled)
                        .map(it -> ((SluiceEvent.Throttled) it).reason())
                        .blockFirst(SOON))
                .matches("the standby is .* behind, slower from 1 s, limit 3 s.*");
    }

    /** From the first window in which it goes on: never nothing again, and full speed at the end. */
    private static void assertNoSawtooth(List<Long> windows) {
        List<Long> climb = windows.stream().dropWhile(it -> it == 0).limit(16).toList();
        assertThat(climb).as("%s", climb).hasSizeGreaterThan(10).doesNotContain(0L);
        for (int i = 2; i < climb.size(); i++) {
            assertThat(climb.get(i - 2) + climb.get(i - 1))
                    .as("two windows before window %d of %s", i, climb)
                    .isLessThanOrEqualTo(4 * climb.get(i) + 4);
        }
        assertThat(climb.get(climb.size() - 2)).as("%s", climb).isGreaterThan(3 * climb.get(0));
    }

    /** How many sub-batches began in each half second after a time. */
    private List<Long> windowsAfter(String time) {
        return primary
                .query("select count(distinct began) from generate_series(0, 39) n left join items on began >= "
                        + "timestamptz '%1$s' + n * interval '500 ms' and began < timestamptz '%1$s' + (n + 1) * interval '500 ms'"
                                .formatted(time)
                        + " group by n order by n")
                .stream()
                .map(row -> (Long) row.get(0))
                .toList();
    }

    private void atFullSpeed(RunId run) {
        sluice.progress(run)
                .filter(it -> it.reason() == null && it.rowsPerSecond() > 0)
                .blockFirst(SOON);
    }

    private long begunBetween(String from, String later, String to, String laterToo) {
        return primary.queryLong(
                "select count(distinct began) from items where began > timestamptz '%s' + %s and began <"
                                .formatted(from, later)
                        + " timestamptz '%s' + %s".formatted(to, laterToo));
    }

    private List<String> told() {
        return primary.query("select kind from sluice.event where kind like '%THROTTLED' order by number").stream()
                .map(row -> (String) row.get(0))
                .toList();
    }

    private long lagMillis() {
        return standby.queryLong(
                "select (1000 * extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()))::bigint");
    }

    private String now() {
        return primary.queryString("select clock_timestamp()::text");
    }
}
