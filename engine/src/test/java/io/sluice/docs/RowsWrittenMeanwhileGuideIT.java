package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What docs/guides/rows-written-meanwhile.md shows. */
class RowsWrittenMeanwhileGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SQL = "engine/src/test/resources/io/sluice/docs/rows-written-meanwhile.sql";

    private final Database database = TestDatabase.createDatabase();

    @Test
    void aDefaultSpeaksForNewRowsOnly() {
        database.execute("create table orders (id bigint primary key)", "insert into orders values (1)");

        database.execute(Pages.region(SQL + "#default"));
        database.execute("insert into orders values (2)");

        assertThat(database.query("select id from orders where currency is null"))
                .hasSize(1);
        assertThat(database.queryString("select currency from orders where id = 2"))
                .isEqualTo("EUR");
    }

    @Test
    void aTriggerWritesTheNewFormWhoeverWritesTheOld() {
        database.execute("create table users (id bigint primary key, email text, email_lower text)");

        database.execute(Pages.region(SQL + "#trigger"));
        database.execute(
                "insert into users (id, email) values (1, 'A@X.org')",
                "update users set email = 'B@X.org' where id = 1");

        assertThat(database.queryString("select email_lower from users")).isEqualTo("b@x.org");
    }

    @Test
    void anAmountIsMovedOnceWhoeverWasFirst() {
        database.execute(
                "create table wallets (id uuid primary key default gen_random_uuid(), euros numeric, cents bigint)",
                "insert into wallets (euros) select n from generate_series(1, 400) n");

        // tag::once[]
        DataMigration cents = DataMigration.of(
                "wallets-cents",
                Work.sql(
                                Source.table("wallets").where("cents is null"),
                                "update wallets set cents = round(euros * 100) where {batch}")
                        .remaining("cents is null and euros is not null"));
        // end::once[]
        Sluice sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(cents)
                .build();
        sluice.install().block(SOON);
        database.execute("insert into wallets (euros, cents) values (7, 701)");
        sluice.enqueue(Enqueue.of("wallets-cents")).blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryLong("select count(*) from wallets where cents = euros * 100"))
                .isEqualTo(400);
        assertThat(database.queryLong("select count(*) from wallets where cents = 701"))
                .isEqualTo(1);
        sluice.close().block(SOON);
    }
}
