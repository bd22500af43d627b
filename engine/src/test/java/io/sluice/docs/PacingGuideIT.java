package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.ActiveBackends;
import io.sluice.throttle.DeadTuples;
import io.sluice.throttle.LockWaiters;
import io.sluice.throttle.OldestTransaction;
import io.sluice.throttle.ReplicationLag;
import io.sluice.throttle.Signal;
import io.sluice.throttle.Throttle;
import io.sluice.throttle.Vacuum;
import java.time.Duration;
import java.time.LocalTime;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What the guide to pacing shows. */
class PacingGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final DataMigration plusOne =
            DataMigration.of("plus-one", Work.sql(Source.table("users"), "update users set n = n + 1 where {batch}"));

    private Sluice sluice;

    @BeforeEach
    void createTable() {
        database.execute(
                "create table users (id bigint primary key, n int not null default 0)",
                "insert into users select n from generate_series(1, 3000) n");
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void byHealth() {
        // tag::signals[]
        sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(plusOne)
                .throttle(
                        ReplicationLag.inTime(Duration.ofSeconds(2), Duration.ofSeconds(20)),
                        LockWaiters.behindUs(),
                        ActiveBackends.onCores(16),
                        OldestTransaction.byAge(),
                        DeadTuples.inTheTable(),
                        Vacuum.onTheTableSlowsTo(0.25))
                .build();
        // end::signals[]

        assertThat(ran().status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void byADutyCycle() {
        // tag::load[]
        sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(plusOne)
                .throttle(Throttle.load(0.5))
                .build();
        // end::load[]

        assertThat(ran().status()).isEqualTo(RunStatus.SUCCEEDED);
    }

    @Test
    void byOneStandbyAndARuleOfYourOwn() {
        ConnectionFactory reporting = database.connectionFactory();
        Supplier<LocalTime> now = () -> LocalTime.of(3, 0);

        // tag::own[]
        Signal lag = ReplicationLag.on(reporting)
                .every(Duration.ofMillis(500))
                .climbingFor(Duration.ofSeconds(30))
                .unknownFor(Duration.ofHours(1));

        Throttle atNight = run -> Mono.just(
                now.get().isBefore(LocalTime.of(6, 0))
                        ? new Throttle.Permit()
                        : new Throttle.Slow(0.1, "it is day; full speed is from 0:00 to 6:00"));

        Throttle both = Throttle.allOf(lag, atNight);
        // end::own[]
        sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(plusOne)
                .throttle(both)
                .build();
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        sluice.start().block(SOON);

        // what was given as a standby is none, so nothing is known of it
        assertThat(sluice.progress(sluice.enqueue(Enqueue.of("plus-one"))
                                .blockLast(SOON)
                                .run()
                                .id())
                        .filter(progress -> progress.reason() != null)
                        .blockFirst(SOON)
                        .reason())
                .isEqualTo("the lag of the standby is unknown: the database that was given as a standby is none");
        assertThat(database.queryLong("select count(*) from users where n > 0")).isZero();
    }

    private Run ran() {
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("plus-one")).blockLast(SOON);
        return sluice.runOnce().blockLast(SOON);
    }
}
