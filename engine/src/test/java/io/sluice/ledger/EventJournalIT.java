package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.sluice.event.SluiceEvent;
import io.sluice.run.RunStatus;
import io.sluice.run.Verb;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The number of an event is its place in the order of commits, so who reads after a number misses nothing. */
class EventJournalIT {

    private static final int WRITERS = 10;
    private static final int EVENTS = 30;

    private final LedgerOnTrial trial = LedgerOnTrial.installed();

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void aReaderBehindTenWritersSeesEveryNumberInItsOrder() {
        List<Ledger> instances =
                Flux.range(0, 5).map(i -> trial.anotherInstance()).collectList().block(SOON);
        AtomicBoolean written = new AtomicBoolean();
        Mono<Void> writing = Flux.range(0, WRITERS)
                .flatMap(
                        writer -> Flux.range(0, EVENTS)
                                .concatMap(
                                        i -> journal(instances.get(writer % 5).connections(), writer, i)),
                        WRITERS)
                .then()
                .doFinally(signal -> written.set(true));
        AtomicLong last = new AtomicLong();
        Flux<Long> reading = Flux.defer(() -> trial.ledger.journal().after(last.get(), 7))
                .map(event -> event.origin().number())
                .doOnNext(last::set)
                .repeat(() -> !written.get() || last.get() < WRITERS * EVENTS);

        List<Long> seen = Flux.merge(reading, writing.<Long>then(Mono.empty()))
                .take(WRITERS * EVENTS)
                .collectList()
                .block(SOON);

        assertThat(seen)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, WRITERS * EVENTS).boxed().toList());
        assertThat(trial.ledger.journal().lastNumber().block(SOON)).isEqualTo(WRITERS * EVENTS);
        Flux.fromIterable(instances).flatMap(Ledger::close).blockLast(SOON);
    }

    /** A change whose transaction commits a while after its number was taken. */
    private static Mono<Long> journal(Connections connections, int writer, int i) {
        return connections.transaction(connection -> Statements.queryOne(
                        connection,
                        "select sluice.journal($1, 'x', 'STATUS', '{\"from\": \"ENQUEUED\", \"to\": \"RUNNING\"}') as number",
                        row -> row.get("number", Long.class),
                        (long) writer)
                .delayUntil(number -> i % 10 == 0
                        ? Statements.queryOne(connection, "select pg_sleep(0.02)::text as slept", row -> 1)
                        : Mono.empty()));
    }

    @Test
    void aRolledBackChangeLeavesNoGap() {
        trial.enqueue("first");
        trial.ledger
                .connections()
                .transaction(connection -> Statements.queryOne(
                                connection, "select sluice.journal(1, 'x', 'STATUS', '{}') as number", row -> 1)
                        .flatMap(it -> Mono.<Integer>error(new IllegalStateException("rolled back"))))
                .onErrorComplete(IllegalStateException.class)
                .block(SOON);
        trial.enqueue("second");

        assertThat(trial.texts("select number || name from sluice.event order by number"))
                .containsExactly("1first", "2second");
    }

    @Test
    void listenersAreCalledAtMostFourTimesASecond() {
        PostgresqlConnection listener = (PostgresqlConnection)
                Mono.from(trial.database.connectionFactory().create()).block(SOON);
        Statements.script(listener, "listen sluice").block(SOON);
        long began = System.nanoTime();

        List<String> calls = Flux.merge(
                        listener.getNotifications().map(it -> it.getParameter()),
                        Flux.range(0, 200)
                                .concatMap(i -> journal(trial.ledger.connections(), 0, 1))
                                .takeUntil(number ->
                                        number >= 150 && elapsed(began).toMillis() > 1_000)
                                .then(Mono.delay(Duration.ofMillis(300)))
                                .thenReturn("end"))
                .takeUntil("end"::equals)
                .collectList()
                .block(SOON);

        long most = elapsed(began).toMillis() / 250 + 1;
        assertThat(calls.size() - 1).isBetween(1, (int) most);
        assertThat(calls.get(0)).isEqualTo("1");
        listener.close().block(SOON);
    }

    private static Duration elapsed(long since) {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    @Test
    void everyKindIsReadAsItWasWritten() {
        long run = trial.enqueue("copy").run();
        trial.runs().change(run, Verb.PAUSE).block(SOON);
        trial.sql("select sluice.journal(" + run
                + ", 'copy', 'BATCH_FAILED', '{\"batch\": 3, \"attempt\": 2, \"last\": true,"
                + " \"errorClass\": \"E\", \"message\": \"m\", \"sqlState\": \"22012\"}')");
        trial.sql("select sluice.journal(" + run + ", 'copy', 'PASS', '{\"pass\": 2, \"phase\": \"SWEEPING\","
                + " \"rowsLeft\": 9}')");
        trial.sql("select sluice.journal(" + run + ", 'copy', 'ECLIPSE', '{\"of\": [\"the\", \"moon\"]}')");

        List<SluiceEvent> events =
                trial.ledger.journal().after(0, 100).collectList().block(SOON);

        assertThat(events).extracting(it -> it.origin().number()).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(events).allSatisfy(it -> {
            assertThat(it.origin().run().number()).isEqualTo(run);
            assertThat(it.origin().migration()).isEqualTo("copy");
        });
        assertThat(events.get(0))
                .isEqualTo(new SluiceEvent.RunEnqueued(events.get(0).origin(), RunStatus.ENQUEUED));
        assertThat(events.get(1))
                .isEqualTo(new SluiceEvent.StatusChanged(
                        events.get(1).origin(), RunStatus.ENQUEUED, RunStatus.PAUSED, null, null));
        assertThat(events.get(2)).isInstanceOfSatisfying(SluiceEvent.BatchFailed.class, it -> {
            assertThat(it.batch()).isEqualTo(3);
            assertThat(it.attempt()).isEqualTo(2);
            assertThat(it.last()).isTrue();
            assertThat(it.failure().sqlState()).isEqualTo("22012");
        });
        assertThat(events.get(3))
                .isEqualTo(new SluiceEvent.PassBegun(events.get(3).origin(), 2, "SWEEPING", 9));
        assertThat(events.get(4))
                .isEqualTo(new SluiceEvent.Unknown(events.get(4).origin(), "ECLIPSE"));
    }

    @Test
    void theOldIsForgottenAndNumbersGoOn() {
        trial.enqueue("old");
        trial.enqueue("young");
        trial.sql("update sluice.event set at = at - interval '31 days' where number = 1");

        Long forgotten =
                trial.ledger.journal().forgetOlderThan(Duration.ofDays(30)).block(SOON);

        assertThat(forgotten).isEqualTo(1);
        assertThat(trial.texts("select name from sluice.event")).containsExactly("young");
        trial.enqueue("next");
        assertThat(trial.ledger.journal().lastNumber().block(SOON)).isEqualTo(3);
    }

    /** Else the first callback of a run that takes longer than that would be called a second time. */
    @Test
    void whichCallbacksWereCalledIsKnownAsLongAsARunMayGoOn() {
        Lease goesOn = trial.leased("goes on", RunStatus.RUNNING);
        Lease over = trial.leased("over", RunStatus.SUCCEEDED);
        for (Lease it : List.of(goesOn, over)) {
            trial.ledger.journal().called(it.run(), "START").block(SOON);
        }
        trial.sql("update sluice.event set at = at - interval '31 days'");

        trial.ledger.journal().forgetOlderThan(Duration.ofDays(30)).block(SOON);

        assertThat(trial.texts("select name || ' ' || kind from sluice.event")).containsExactly("goes on CALLED");
    }
}
