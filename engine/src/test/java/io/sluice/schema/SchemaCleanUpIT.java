package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.SchemaRun;
import io.sluice.run.Run;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What a run has left is cleaned up by whoever comes, but never by one who woke up late. */
class SchemaCleanUpIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final SchemaRunOnTrial trial = SchemaRunOnTrial.installed();
    private final Database database = trial.database;
    private final Ledger ledger = trial.ledger;
    private final SchemaRunContext context = trial.context;
    private final SchemaRunWork work = new SchemaRunWork(context);

    private Lease lease;

    /** A run that has begun, and has left an index that is invalid. */
    @BeforeEach
    void begin() {
        database.execute("create table users (id int)");
        lease = trial.claimed(SchemaMigration.addIndex("users", "id"));
        ledger.schemaRuns().begun(lease).block(SOON);
        database.execute(
                "create index users_id_idx on users (id)",
                "update pg_index set indisvalid = false where indexrelid = 'users_id_idx'::regclass");
    }

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void whatAFailedRunCouldNotRemoveIsRemovedByWhoComesLater() {
        over("FAILED");

        left();

        assertThat(indexes()).isZero();
        assertThat(database.queryString("select owes_clean_up || ' ' || unclean from sluice.schema_run"))
                .as("nothing half-done, but a cancel would look again")
                .isEqualTo("false true");
    }

    @Test
    void whatSomebodyIsAtIsOwedUntilHeHasGone() {
        over("FAILED");
        Connection vacuum = session("vacuum");
        Mono.from(vacuum.beginTransaction())
                .then(Statements.script(vacuum, "lock table users in share update exclusive mode"))
                .block(SOON);

        left();

        assertThat(indexes()).isOne();
        assertThat(database.queryString("select owes_clean_up::text from sluice.schema_run"))
                .isEqualTo("true");
        Mono.from(vacuum.rollbackTransaction()).then(Mono.from(vacuum.close())).block(SOON);
        left();
        assertThat(indexes()).isZero();
    }

    @Test
    void aVacuumIsNoReasonToPutItOff() {
        database.execute("insert into users select n from generate_series(1, 20000) n");
        over("FAILED");
        CompletableFuture<Void> left;
        try (SlowVacuum vacuum = new SlowVacuum(database, "users")) {
            left = work.left(ledger.runs().find(lease.run().number()).block(SOON))
                    .toFuture();
            assertThat(vacuum.isAtWork()).isTrue();
            awaited(() -> database.queryLong("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                            + " and datname = current_database() and query like 'drop index concurrently%'")
                    == 1);
        }

        left.orTimeout(30, TimeUnit.SECONDS).join();
        assertThat(indexes()).isZero();
    }

    @Test
    void whatIsOwedIsSeenToAtTheNextLookForWorkAndThenNotOftenerThanTwiceAMinute() {
        over("FAILED");
        Connection builder = session("builder");
        Mono.from(builder.beginTransaction())
                .then(Statements.script(builder, "lock table users in share update exclusive mode"))
                .block(SOON);
        work.owed().block(SOON);
        assertThat(indexes()).isOne();
        Mono.from(builder.rollbackTransaction())
                .then(Mono.from(builder.close()))
                .block(SOON);

        work.owed().block(SOON);
        assertThat(indexes()).isOne();
        database.execute("update sluice.schema_run set progressed_at = progressed_at - interval '31 seconds'");
        work.owed().block(SOON);

        assertThat(indexes()).isZero();
        assertThat(database.queryLong("select count(*) from sluice.schema_run where owes_clean_up"))
                .isZero();
    }

    @Test
    void whoeverWorksOnTheTableNextSeesToItFirst() {
        over("CANCELLED");
        new SchemaQueue(context)
                .take(new SchemaQueue.Order(
                        SchemaMigration.addIndex("users", "id").name("another"), null, null, false, false, 5))
                .block(SOON);
        Run next = ledger.runs()
                .claimSchema("next", work.names(), 1, Duration.ofMinutes(1))
                .blockLast(SOON);
        left();
        assertThat(indexes()).as("while somebody works on the table").isOne();
        Lease held = new Lease(next.id(), Objects.requireNonNull(next.lease()).token(), "next");

        new OwedCleanUps(context, held, new Watchdog(context, held)).paid().block(SOON);

        assertThat(indexes()).isZero();
        assertThat(database.queryLong("select count(*) from sluice.schema_run where unclean"))
                .isZero();
    }

    @Test
    void aFailedRunThatWasDismissedIsCleanedUpAndIsNoDeadEndForItsName() {
        over("SUCCEEDED");
        assertThat(isUnclean()).isTrue();

        left();

        assertThat(indexes()).isZero();
        assertThat(isUnclean()).isFalse();
    }

    @Test
    void whatAYoungerRunHasTakenOverKeepsNoNameFromBeingRemoved() {
        over("CANCELLED");
        enqueue("public.users");
        assertThat(isUnclean()).isTrue();

        database.execute("update sluice.run set status = 'SUCCEEDED', started_at = now() where id <> "
                + lease.run().number());

        assertThat(isUnclean()).isFalse();
    }

    @Test
    void aWorkerThatWokeUpLateRemovesNothing() {
        database.execute("update sluice.run set lease_token = lease_token + 1");

        cleanUp().undone().block(SOON);
        cleanUp().leftovers().block(SOON);

        assertThat(indexes()).isOne();
        assertThat(database.queryString("select unclean::text from sluice.schema_run"))
                .isEqualTo("true");
    }

    @Test
    void whatAYoungerRunHasBegunIsThatOnes() {
        over("CANCELLED");
        enqueue("public.users");
        assertThat(ledger.runs()
                        .claimSchema("other", work.names(), 1, Duration.ofMinutes(1))
                        .collectList()
                        .block(SOON))
                .hasSize(1);

        left();
        database.execute("update sluice.run set status = 'SUCCEEDED', lease_owner = null where id <> "
                + lease.run().number());
        left();

        assertThat(indexes()).isOne();
    }

    @Test
    void aYoungerRunThatWasCancelledBeforeItBeganLeavesItToTheOlder() {
        over("CANCELLED");
        enqueue("public.users");
        database.execute("update sluice.run set status = 'CANCELLED' where id <> "
                + lease.run().number());

        left();

        assertThat(indexes()).isZero();
        assertThat(database.queryLong("select count(*) from sluice.schema_run where unclean"))
                .isZero();
    }

    @Test
    void onlySessionsOfItsOwnTokenAndOfThoseBeforeItAreSilenced() {
        Backends backends = SchemaCleanUp.backends(context, lease.run());
        Connection own = session(backends.name(lease.token()));
        Connection later = session(backends.name(lease.token() + 1));

        backends.silence(lease.token()).block(SOON);

        assertThat(backends.upTo(Long.MAX_VALUE)
                        .map(Backends.Session::token)
                        .collectList()
                        .block(SOON))
                .containsExactly(lease.token() + 1);
        Mono.from(own.close()).onErrorComplete().block(SOON);
        Mono.from(later.close()).block(SOON);
    }

    private void enqueue(String table) {
        trial.enqueue(SchemaMigration.addIndex(table, "id"));
    }

    private static void awaited(BooleanSupplier so) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!so.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it took too long").isLessThan(end);
            Mono.delay(Duration.ofMillis(20)).block(SOON);
        }
    }

    private void over(String status) {
        database.execute(
                "update sluice.run set status = '" + status + "', lease_owner = null, lease_expires_at = null");
    }

    private boolean isUnclean() {
        return new SchemaQueue(context)
                .removable("add_index users_id_idx on users")
                .thenReturn(false)
                .onErrorReturn(StatementRunsException.class, true)
                .block(SOON);
    }

    private void left() {
        work.left(ledger.runs().find(lease.run().number()).block(SOON)).block(SOON);
    }

    private SchemaCleanUp cleanUp() {
        SchemaRun run = ledger.schemaRuns().find(lease.run().number()).block(SOON);
        return new SchemaCleanUp(context, lease, run, new Watchdog(context, lease));
    }

    private Connection session(String name) {
        Connection connection = Mono.from(database.connectionFactory().create()).block(SOON);
        Statements.script(connection, "set application_name = '" + name + "'").block(SOON);
        return connection;
    }

    private long indexes() {
        return database.queryLong("select count(*) from pg_class where relname = 'users_id_idx'");
    }
}
