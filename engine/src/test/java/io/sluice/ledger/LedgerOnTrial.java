package io.sluice.ledger;

import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A ledger of its own in a fresh database, and rows put into it as a test needs them. */
final class LedgerOnTrial implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(30);
    static final Duration TERM = Duration.ofSeconds(30);

    final Database database = TestDatabase.createDatabase();
    final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());

    private LedgerOnTrial() {}

    static LedgerOnTrial installed() {
        LedgerOnTrial trial = new LedgerOnTrial();
        trial.ledger.schema().install().block(SOON);
        return trial;
    }

    RunStore runs() {
        return ledger.runs();
    }

    RunStore.Enqueued enqueue(String name) {
        return enqueue(name, Arguments.none(), false);
    }

    RunStore.Enqueued enqueue(String name, Arguments arguments, boolean again) {
        return enqueueing(ledger, name, arguments, again).block(SOON);
    }

    /** The same ledger as another instance would use it, with connections of its own; to be closed by the test. */
    Ledger anotherInstance() {
        return new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
    }

    /** In a transaction of its own, announced if it was made just now. */
    Mono<RunStore.Enqueued> enqueueing(Ledger instance, String name, Arguments arguments, boolean again) {
        return instance.connections()
                .transaction(connection -> runs().enqueue(
                                connection, RunKind.DATA, name, arguments, RunStatus.ENQUEUED, 5, again)
                        .flatMap(it -> it.created()
                                ? ledger.dataRuns()
                                        .insert(connection, it.run(), BatchSettings.DEFAULTS, KeyBounds.NONE)
                                        .then(runs().announce(connection, it.run()))
                                        .thenReturn(it)
                                : Mono.just(it)));
    }

    /** A new run, put into a status by hand; where that status is leased, it is ours. */
    Lease leased(String name, RunStatus status) {
        long run = enqueue(name).run();
        sql("update sluice.run set status = '" + status + "', attempts = 2, lease_token = 7"
                + (status.isLeased()
                        ? ", lease_owner = 'me', lease_expires_at = clock_timestamp() + interval '1 hour'"
                        : "")
                + " where id = " + run);
        return new Lease(new RunId("primary", run), 7, "me");
    }

    /** The whole row, to see that nothing of it changed. */
    String row(long run) {
        return text("select r::text from sluice.run r where id = " + run);
    }

    /** The events of a run, oldest first, each as its kind and its details. */
    List<String> events(long run) {
        return texts("select kind || detail::text from sluice.event where run_id = " + run + " order by number");
    }

    /** Executes a statement on a connection of the pool: contract tests do many, and a new session costs more than all of them. */
    void sql(String statement) {
        ledger.connections()
                .lendOne(connection -> Statements.update(connection, statement))
                .block(SOON);
    }

    List<String> texts(String query) {
        return ledger.connections()
                .lend(connection ->
                        Statements.query(connection, query, row -> String.valueOf(row.get(0, String.class))))
                .collectList()
                .block(SOON);
    }

    String text(String query) {
        return texts(query).get(0);
    }

    long number(String query) {
        return ledger.connections()
                .lendOne(connection -> Statements.queryOne(connection, query, row -> row.get(0, Long.class)))
                .block(SOON);
    }

    @Override
    public void close() {
        ledger.close().block(SOON);
        database.close();
    }
}
