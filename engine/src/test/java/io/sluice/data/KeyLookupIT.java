package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.sluice.ledger.LedgerName;
import io.sluice.run.KeyBounds;
import io.sluice.run.RowTotal;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** How many rows there are to pass: a progress bar is as true as this. */
class KeyLookupIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static Database database;

    @BeforeAll
    static void create() {
        database = TestDatabase.createDatabase();
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void fewRowsAreCounted() {
        fill("few", 10_000);

        assertThat(total("few", KeyBounds.NONE)).isEqualTo(RowTotal.exact(10_000));
    }

    @Test
    void rowVersionsThatAnEarlierMigrationLeftDeadAreNoRowsToPass() {
        fill("bloated", 20_000);
        assertAbout(20_000, "bloated", KeyBounds.NONE);

        database.execute("analyze bloated", "update bloated set n = 1", "update bloated set n = 2");

        assertAbout(20_000, "bloated", KeyBounds.NONE);
    }

    @Test
    void boundsHaveTheirShareOfThem() {
        fill("bounded", 40_000);
        assertAbout(40_000, "bounded", KeyBounds.NONE);

        database.execute("update bounded set n = 1", "analyze bounded", "update bounded set n = 2");

        assertAbout(20_000, "bounded", KeyBounds.NONE.from(10_001).to(30_000));
    }

    @Test
    void leafPartitionsAreAddedUp() {
        database.execute(
                "create table parted (id bigint primary key, n int) partition by range (id)",
                "create table parted_low partition of parted for values from (0) to (10000)",
                "create table parted_high partition of parted for values from (10000) to (50000) partition by range (id)",
                "create table parted_mid partition of parted_high for values from (10000) to (20000)",
                "create table parted_top partition of parted_high for values from (20000) to (50000)",
                "alter table parted_low set (autovacuum_enabled = false)",
                "alter table parted_mid set (autovacuum_enabled = false)",
                "alter table parted_top set (autovacuum_enabled = false)",
                "insert into parted select g, 0 from generate_series(1, 40000) g");
        assertAbout(40_000, "parted", KeyBounds.NONE);

        database.execute("analyze parted", "update parted set n = 1");

        assertAbout(40_000, "parted", KeyBounds.NONE);
    }

    @Test
    void aTableThatNobodyAnalyzedYetIsKnownByWhatWasWritten() {
        fill("loaded", 30_000);

        assertAbout(30_000, "loaded", KeyBounds.NONE);
    }

    private static void fill(String table, int rows) {
        database.execute(
                "create table " + table + " (id bigint primary key, n int) with (autovacuum_enabled = false)",
                "insert into " + table + " select g, 0 from generate_series(1, " + rows + ") g");
    }

    /** A session tells what it wrote when it ends, soon after. */
    private static void assertAbout(long rows, String table, KeyBounds bounds) {
        await().atMost(SOON).untilAsserted(() -> {
            RowTotal total = total(table, bounds);
            assertThat(total.kind()).isEqualTo(RowTotal.Kind.ESTIMATE);
            assertThat(total.rows()).isCloseTo(rows, within(rows / 20));
        });
    }

    private static RowTotal total(String table, KeyBounds bounds) {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> new TableCatalog(new LedgerName("sluice"))
                                .keyset(connection, Source.table(table))
                                .flatMap(keys -> new KeyLookup(keys).total(connection, bounds)),
                        connection -> connection.close())
                .block(SOON);
    }
}
