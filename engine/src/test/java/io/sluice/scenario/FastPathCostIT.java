package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.EmbeddedPostgres;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a sub-batch costs besides its work, counted on the wire and in the server: see docs/performance.md. */
class FastPathCostIT {

    private static final Logger LOG = LoggerFactory.getLogger(FastPathCostIT.class);

    private static final String UPDATE = "update items set n = n + 1 where {batch}";

    private static final String STEP = "select * from \"sluice\".\"step_";
    private static final String BLOCK = "; do $sluice_";
    private static final String OPEN = "begin; set local";

    /** Fewer than those after which a lane gets a fresh row, so that there is one opening. */
    private static final int SUB_BATCHES = 500;

    private static final int SIZE = 10;

    /** What opens and closes a run, and what beats beside it. */
    private static final int AROUND = 25;

    private static EmbeddedPostgres server;

    private Database database;
    private Sluice sluice;

    /** Log and transaction ids are those of a whole server, so it is one on which nothing else happens. */
    @BeforeAll
    static void startServer() {
        server = EmbeddedPostgres.builder()
                .setting("autovacuum", "off")
                .setting("full_page_writes", "off")
                .start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createDatabase() {
        Database maintenance = new Database(server.host(), server.port(), "postgres", "postgres", "");
        String name = "cost_" + System.nanoTime();
        maintenance.execute("create database " + name);
        database = new Database(server.host(), server.port(), name, "postgres", "");
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void theSqlFormTakesOneRoundTripAndOneCommitWithTwoInFlight() throws IOException {
        try (CountingProxy proxy = new CountingProxy(database)) {
            Cost cost = run(proxy, Work.sql(Source.table("items"), UPDATE));
            CountingProxy.Line line = proxy.lineThatSaid(STEP);

            cost.tell("SQL", line);
            assertThat(line.queriesThatSaid(STEP) - SUB_BATCHES)
                    .as("calls of the step function; one may be on its way behind the last")
                    .isBetween(0L, 1L);
            assertThat(line.roundTrips() - SUB_BATCHES).as("other round trips").isBetween(0, 8);
            assertThat(line.mostInFlight()).as("calls in flight").isEqualTo(2);
            assertThat(cost.commits() - SUB_BATCHES).as("other writing commits").isBetween(0L, (long) AROUND);
            assertThat(cost.hotShare())
                    .as("share of lane updates that touch no index")
                    .isGreaterThan(0.95);
        }
    }

    @Test
    void withoutTheRightToCreateTheFunctionItIsNoMore() throws IOException {
        try (CountingProxy proxy = new CountingProxy(asUserWithoutCreate())) {
            Cost cost = run(proxy, Work.sql(Source.table("items"), UPDATE));
            CountingProxy.Line line = proxy.lineThatSaid(BLOCK);

            cost.tell("SQL without CREATE,", line);
            assertThat(line.queriesThatSaid(BLOCK) - SUB_BATCHES).isBetween(0L, 1L);
            assertThat(line.roundTrips() - SUB_BATCHES).as("other round trips").isBetween(0, 8);
            assertThat(line.mostInFlight()).as("calls in flight").isEqualTo(2);
            assertThat(cost.commits() - SUB_BATCHES).as("other writing commits").isBetween(0L, (long) AROUND);
        }
    }

    @Test
    void theCodeFormTakesTwoRoundTripsAndThoseOfTheCodeAndOneCommit() throws IOException {
        try (CountingProxy proxy = new CountingProxy(database)) {
            Cost cost = run(proxy, Work.code(Source.table("items"), batch -> batch.update(UPDATE)));
            CountingProxy.Line line = proxy.lineThatSaid(OPEN);

            cost.tell("code", line);
            int ofTheCode = 1;
            assertThat((double) line.roundTrips() / SUB_BATCHES).isBetween(2.0 + ofTheCode, 2.2 + ofTheCode);
            assertThat(line.mostInFlight()).as("calls in flight").isEqualTo(1);
            assertThat(cost.commits() - SUB_BATCHES).as("other writing commits").isBetween(0L, (long) AROUND);
        }
    }

    @Test
    void theLedgerWritesAFewHundredBytesPerSubBatch() throws IOException {
        try (CountingProxy proxy = new CountingProxy(database)) {
            // no row is written by the work, so all of the log is the ledger's
            Cost cost = run(proxy, Work.sql(Source.table("items"), UPDATE + " and n < 0"));

            double records = (double) cost.walRecords() / SUB_BATCHES;
            LOG.info(
                    "the ledger writes {} bytes of WAL in {} records per sub-batch",
                    cost.walBytes() / SUB_BATCHES,
                    records);
            assertThat(cost.walBytes() / SUB_BATCHES).isLessThan(600);
            // before 15 a collector tells it up to half a second late, and what was written before would count
            if (database.queryLong("select current_setting('server_version_num')::bigint") >= 150_000) {
                assertThat(records)
                        .as("the lane is locked and updated, the commit, and what is seldom")
                        .isBetween(3.0, 5.0);
            }
        }
    }

    /** Differences over one run. Transactions that write take one id each, and a transaction that is rolled back does too. */
    private record Cost(long commits, long walBytes, long walRecords, double hotShare) {

        void tell(String form, CountingProxy.Line line) {
            LOG.info(
                    "{} form, {} sub-batches: {} round trips, {} in flight, {} writing commits, {} % of lane updates HOT",
                    form, SUB_BATCHES, line.roundTrips(), line.mostInFlight(), commits, Math.round(100 * hotShare));
        }
    }

    private Cost run(CountingProxy proxy, Work work) {
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, %d)".formatted(SUB_BATCHES * SIZE));
        install();
        sluice = Sluice.builder()
                .shard("primary", proxy.front().connectionFactory())
                .migrations(DataMigration.of("count-up", work))
                .build();
        sluice.enqueue(Enqueue.of("count-up")
                        .settings(it -> it.withBatchSize(100 * SIZE).withSubBatchSize(SIZE)))
                .blockLast(SOON);
        long transactions = transactions();
        String log = database.queryString("select pg_current_wal_insert_lsn()");
        long records = walRecords();

        Run done = sluice.runOnce().blockLast(SOON);

        assertThat(done.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select sum(sub_batches) from sluice.lane"))
                .isEqualTo(SUB_BATCHES);
        long committed = transactions() - transactions;
        long bytes = database.queryLong("select pg_current_wal_insert_lsn() - '%s'".formatted(log));
        // once the updates are known, so is the log
        double hotShare = hotShare();
        return new Cost(committed, bytes, walRecords() - records, hotShare);
    }

    /** By its owner, whoever it is that works then. */
    private void install() {
        Sluice owner =
                Sluice.builder().shard("primary", database.connectionFactory()).build();
        owner.install().then(owner.close()).block(SOON);
    }

    private Database asUserWithoutCreate() {
        install();
        String user = database.name() + "_user";
        database.execute(
                "create role " + user + " login",
                "grant usage on schema sluice to " + user,
                "grant select, insert, update, delete on all tables in schema sluice to " + user,
                "alter default privileges grant select, update on tables to " + user);
        return new Database(server.host(), server.port(), database.name(), user, "");
    }

    private long walRecords() {
        return database.queryLong("select wal_records from pg_stat_wal");
    }

    private long transactions() {
        return database.queryLong("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
    }

    private double hotShare() {
        // a session tells what it did when it ends, soon after
        Watched.within(
                SOON,
                "the updates of the lane are known",
                () -> database.queryLong(
                                "select coalesce(sum(n_tup_upd), 0) from pg_stat_user_tables where relname = 'lane'")
                        >= SUB_BATCHES);
        return database.queryLong(
                        "select 1000 * n_tup_hot_upd / greatest(n_tup_upd, 1) from pg_stat_user_tables where relname = 'lane'")
                / 1000.0;
    }
}
