package io.sluice.throttle;

import static io.sluice.throttle.Measured.SOON;
import static io.sluice.throttle.Measured.reading;
import static io.sluice.throttle.Measured.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Each signal measures what is true of a real server, and says so when its role may not see it. */
@Isolated("it counts the sessions of the whole server")
class SignalsIT {

    private static Database database;
    private static Database ordinary;

    @BeforeAll
    static void create() {
        database = TestDatabase.createDatabase();
        String role = "plain_" + database.name();
        database.execute("create role " + role + " login password 'plain'");
        ordinary = new Database(database.host(), database.port(), database.name(), role, "plain");
    }

    @AfterAll
    static void drop() {
        database.execute("drop role " + ordinary.user());
        database.close();
    }

    @Nested
    class Transactions {

        @Test
        void theOldestIsTheOneThatIsOldest() {
            try (var old = session(database, "begin isolation level repeatable read", "select 1");
                    var young = session(database, "begin isolation level repeatable read", "select 1")) {
                await().pollDelay(Duration.ofMillis(300)).until(() -> true);
                double truth =
                        database.queryLong("select (1000 * extract(epoch from clock_timestamp() - xact_start))::bigint"
                                + " from pg_stat_activity where pid = " + old.pid());

                Reading reading = reading(database, OldestTransaction.byAge());

                assertThat(reading.value()).isBetween(truth, truth + 5_000);
                assertThat(reading.words())
                        .startsWith("transaction of backend " + old.pid() + " (")
                        .endsWith(" old");
                assertThat(young.pid()).isNotEqualTo(old.pid());
            }
        }

        @Test
        void oneThatReadsNothingHoldsBackNobody() {
            try (var idle = session(database, "begin")) {
                assertThat(idle.pid()).isPositive();
                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(reading(database, OldestTransaction.byAge())
                                        .words())
                                .doesNotContain("backend " + idle.pid() + " "));
            }
        }

        @Test
        void thoseOfOthersAreUnknownToAnOrdinaryRole() {
            try (var other = session(database, "begin isolation level repeatable read", "select 1")) {
                assertThat(other.pid()).isPositive();
                assertThat(reading(ordinary, OldestTransaction.byAge())).isEqualTo(Reading.hidden("pg_stat_activity"));
            }
        }
    }

    @Nested
    class Sessions {

        @Test
        void thoseThatExecuteAreCountedAndThoseOfSluiceAreNot() {
            Signal signal = ActiveBackends.onCores(4);
            List<Disposable> busy = Stream.of("app", "app", "sluice run 7", "sluice ledger")
                    .map(name -> sleeping(database, name))
                    .toList();
            await().atMost(SOON)
                    .until(() -> database.queryLong("select count(*) from pg_stat_activity where datname = '"
                                    + database.name() + "' and state = 'active' and query like '%pg_sleep(60)%'"
                                    + " and query not like '%count%'")
                            == 4);

            // others of the server may be there for a moment
            await().atMost(SOON).untilAsserted(() -> {
                Reading reading = reading(database, signal);
                assertThat(reading.value()).isBetween(2.0, 3.0);
                assertThat(reading.words()).startsWith("active sessions: ");
            });
            end(busy);
        }

        @Test
        void thoseOfOthersAreUnknownToAnOrdinaryRole() {
            try (var other = session(database, "select 1")) {
                assertThat(other.pid()).isPositive();
                assertThat(reading(ordinary, ActiveBackends.onCores())).isEqualTo(Reading.hidden("pg_stat_activity"));
            }
        }

        @Test
        void aProbeTakesAsLongAsItTakes() {
            Signal signal = ProbeLatency.of("select pg_sleep(0.2)", Duration.ofMillis(1), Duration.ofSeconds(1));

            Reading reading = reading(database, signal);

            assertThat(reading.value()).isBetween(200.0, 2_000.0);
            assertThat(reading.words()).startsWith("a probe takes ");
            assertThat(reading(ordinary, ProbeLatency.ofSelect()).value()).isLessThan(200);
        }
    }

    @Nested
    class Locks {

        @Test
        void whoWaitsBehindASubBatchIsCountedAndWhoWaitsBehindOthersIsNot() {
            database.execute("create table queue (id int primary key)", "insert into queue values (1), (2), (3)");
            try (var ours = session(
                            database,
                            "begin",
                            "set local application_name = 'sluice run 12'",
                            "select from queue where id = 1 for update");
                    var theirs = session(database, "begin", "select from queue where id = 2 for update")) {
                assertThat(reading(database, LockWaiters.behindUs()).value()).isZero();
                List<Disposable> waiting = List.of(
                        waitingFor(database, 1, "app"),
                        waitingFor(database, 1, "app"),
                        waitingFor(database, 1, "sluice run 13"),
                        waitingFor(database, 2, "app"));
                await().atMost(SOON).until(() -> waiters() == 4);

                Reading reading = reading(database, LockWaiters.behindUs());

                assertThat(reading.value()).isEqualTo(2);
                assertThat(reading.words()).isEqualTo("sessions that wait for a lock of a sub-batch: 2");
                end(waiting);
                assertThat(ours.pid()).isNotEqualTo(theirs.pid());
            }
        }

        private static long waiters() {
            return database.queryLong("select count(distinct l.pid) from pg_locks l join pg_stat_activity a using (pid)"
                    + " where not l.granted and a.datname = current_database()");
        }

        private static Disposable waitingFor(Database in, int id, String name) {
            return running(in, name, "select from queue where id = " + id + " for update");
        }
    }

    @Nested
    class Rows {

        @Test
        void deadOnesAreCountedOverAllPartitionsWithTheShareOfHotUpdates() {
            database.execute(
                    "create table parted (id int primary key, n int, m int) partition by range (id)",
                    "create table parted_1 partition of parted for values from (0) to (20000) with"
                            + " (autovacuum_enabled = off, fillfactor = 40)",
                    "create table parted_2 partition of parted for values from (20000) to (40000) with"
                            + " (autovacuum_enabled = off)",
                    "create index on parted (m)",
                    "insert into parted select g, 0, 0 from generate_series(1, 39999) g",
                    "update parted set n = 1 where id < 10000",
                    "update parted set m = 1 where id >= 30000");
            await().atMost(SOON)
                    .until(() -> database.queryLong(
                                    "select sum(n_dead_tup)::bigint from pg_stat_all_tables where relname like 'parted_%'")
                            > 19_000);

            Reading reading = reading(database, DeadTuples.inTheTable(), "public.parted");

            double dead = database.queryLong(
                    "select sum(n_dead_tup)::bigint from pg_stat_all_tables where relname in ('parted_1', 'parted_2')");
            assertThat(reading.value()).isEqualTo(dead / (dead + 39_999));
            assertThat(reading.words())
                    .matches("33[.\\d]* % of the rows of table public.parted are dead \\(50 % of its"
                            + " updates were HOT\\)");
            assertThat(reading(ordinary, DeadTuples.inTheTable(), "public.parted")
                            .value())
                    .isEqualTo(reading.value());
        }

        @Test
        void aFewDeadOnesAreNone() {
            database.execute(
                    "create table small (id int) with (autovacuum_enabled = off)",
                    "insert into small select generate_series(1, 100)",
                    "delete from small where id <= 90");
            await().atMost(SOON)
                    .until(() -> database.queryLong("select n_dead_tup from pg_stat_all_tables where relname = 'small'")
                            == 90);

            assertThat(reading(database, DeadTuples.inTheTable(), "small").value())
                    .isZero();
        }

        @Test
        void thoseOfATableThatIsGoneAreUnknown() {
            assertThat(reading(database, DeadTuples.inTheTable(), "nowhere"))
                    .isEqualTo(Reading.unknown("there are no statistics of table nowhere"));
        }
    }

    @Nested
    class Vacuums {

        @Test
        void oneThatIsAtWorkOnTheTableIsSeen() {
            database.execute(
                    "create table vacuumed (id int, filler text) with (autovacuum_enabled = off, fillfactor = 10)",
                    "create table another (id int)",
                    "insert into vacuumed select g, repeat('x', 100) from generate_series(1, 20000) g",
                    "delete from vacuumed where id % 2 = 0");
            assertThat(reading(database, Vacuum.onTheTable(), "vacuumed").value())
                    .isZero();
            assertThat(reading(ordinary, Vacuum.onTheTable(), "vacuumed").value())
                    .as("there is none, which anybody may see")
                    .isZero();
            Disposable vacuum = running(
                    database, "app", "set vacuum_cost_delay = 100", "set vacuum_cost_limit = 1", "vacuum vacuumed");
            await().atMost(SOON)
                    .until(() -> database.queryLong("select count(*) from pg_stat_progress_vacuum where datname ="
                                    + " current_database()")
                            == 1);

            Reading reading = reading(database, Vacuum.onTheTable(), "vacuumed");

            assertThat(reading.value()).isEqualTo(1);
            assertThat(reading.words()).matches("vacuums at work on table vacuumed: 1 \\([a-z ]+\\)");
            assertThat(reading(database, Vacuum.onTheTable(), "another").value())
                    .isZero();
            assertThat(reading(ordinary, Vacuum.onTheTable(), "vacuumed"))
                    .isEqualTo(Reading.hidden("pg_stat_progress_vacuum, and a vacuum is at work"));
            end(List.of(vacuum));
        }

        @Test
        void aSlowerPaceMayBeAskedForInsteadOfNone() {
            assertThat(Vacuum.onTheTableSlowsTo(0.25).limits().allowed(1)).isCloseTo(0.25, within(1e-9));
            assertThat(Vacuum.onTheTable().limits().allowed(1)).isZero();
        }
    }

    @Nested
    class Log {

        @Test
        void theSlotThatKeepsMostIsNamedWithWhatItKeeps() {
            assertThat(reading(database, SlotRetention.ofAnySlot()).value()).isNotNull();
            String slot = "slot_" + database.name();
            database.execute("select pg_create_physical_replication_slot('" + slot + "', true)");
            try {
                database.execute(
                        "create table noise (filler text)",
                        "insert into noise select repeat(md5(g::text), 100) from generate_series(1, 3000) g");
                double least = database.queryLong(
                        "select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint from pg_replication_slots"
                                + " where slot_name = '" + slot + "'");

                Reading reading = reading(ordinary, SlotRetention.ofAnySlot());

                assertThat(least).isGreaterThan(100_000);
                assertThat(reading.value()).isGreaterThanOrEqualTo(least).isLessThan(least + 500_000_000);
                assertThat(reading.words()).matches("replication slot '.*' keeps .*iB of log and nobody takes it");
            } finally {
                database.execute("select pg_drop_replication_slot('" + slot + "')");
            }
        }

        @Test
        void whereNothingIsArchivedThereIsNoBacklog() {
            assertThat(reading(ordinary, ArchiveBacklog.inSegments())).isEqualTo(Reading.nothing());
        }

        @Test
        void checkpointsThatAreAskedForAreCountedFromTheFirstLook() {
            try (Measured measured = new Measured(ordinary, Checkpoints.requested())) {
                assertThat(measured.value()).isZero();

                database.execute("checkpoint", "create table more (id int)", "checkpoint");

                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(measured.value()).isGreaterThanOrEqualTo(2));
                assertThat(measured.reading().words()).matches("checkpoints before their time in the last 5 min: \\d+");
            }
        }

        @Test
        void withoutAStandbyNothingLags() {
            assertThat(reading(ordinary, ReplicationLag.inTime())).isEqualTo(Reading.nothing());
        }

        @Test
        void whatIsGivenAsAStandbyAndIsNoneIsUnknown() {
            assertThat(reading(database, ReplicationLag.on(database.connectionFactory())))
                    .isEqualTo(Reading.unknown("the database that was given as a standby is none"));
        }
    }

    private static Disposable sleeping(Database in, String name) {
        return running(in, name, "select pg_sleep(60)");
    }

    /** A session with this name that is still at its last statement. */
    private static Disposable running(Database in, String name, String... statements) {
        return Mono.usingWhen(
                        in.connectionFactory().create(),
                        connection -> Statements.script(connection, "set application_name = '" + name + "'")
                                .thenMany(Flux.fromArray(statements)
                                        .concatMap(statement -> Statements.script(connection, statement)))
                                .then(),
                        connection -> connection.close())
                .onErrorComplete()
                .subscribe();
    }

    private static void end(List<Disposable> sessions) {
        sessions.forEach(Disposable::dispose);
        database.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                + " and pid <> pg_backend_pid() and state = 'active' and (query like '%pg_sleep(60)' or query like 'vacuum%'"
                + " or query like '%for update')");
    }
}
