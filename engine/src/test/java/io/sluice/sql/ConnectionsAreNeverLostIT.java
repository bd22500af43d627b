package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Whoever asks has a connection soon, while others cancel at any moment and the pool is closed and opened all the time. Each moment
 * is hit seldom, so it takes a while.
 */
@EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
class ConnectionsAreNeverLostIT {

    private static final Duration TRIED = Duration.ofMinutes(1);
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int CALLERS = 10;
    private static final int UP_TO_NANOS = 2_000_000;

    private final Database database = TestDatabase.createDatabase();
    private final Connections connections = new Connections("main", database.connectionFactory());

    @AfterEach
    void close() {
        connections.close().block(SOON);
        await("nothing is open").atMost(SOON).until(() -> sessions() == 0);
        database.close();
    }

    @Test
    void thoughOthersCancel() {
        askWhile(cancelled());
    }

    @Test
    void thoughOthersCancelAndItRestsAgainAndAgain() {
        askWhile(Flux.merge(
                cancelled(),
                Mono.delay(Duration.ofMillis(2)).then(connections.rest()).repeat()));
    }

    private void askWhile(Flux<?> disturbance) {
        Long answered = Flux.range(0, CALLERS)
                .flatMap(caller -> asked().subscribeOn(Schedulers.parallel()).repeat(), CALLERS)
                .mergeWith(disturbance.ignoreElements().cast(Integer.class))
                .take(TRIED)
                .count()
                .block(SOON);

        assertThat(answered).isGreaterThan(1_000);
        await("all are back").atMost(SOON).until(() -> !connections.isInUse());
    }

    private Mono<Integer> asked() {
        return connections.lendOne(connection -> Statements.queryOne(connection, "select 1", row -> 1));
    }

    private Flux<?> cancelled() {
        return Mono.defer(() -> asked().timeout(
                                Duration.ofNanos(ThreadLocalRandom.current().nextInt(UP_TO_NANOS)), Mono.just(0)))
                .repeat();
    }

    private long sessions() {
        return database.queryLong("select count(*) from pg_stat_activity where datname = current_database()"
                + " and pid <> pg_backend_pid() and backend_type = 'client backend'");
    }
}
