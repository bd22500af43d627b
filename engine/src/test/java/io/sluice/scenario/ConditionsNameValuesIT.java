package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.RowsLeftException;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter and what remains may name values, like the statement: where the step function works, and where it may not be made. */
class ConditionsNameValuesIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theWorkTheCountAndTheSweepHaveThem(boolean mayCreate) {
        Sluice sluice =
                sluice(mayCreate, "update items set mood = {new} where {batch} and mood is distinct from {new}");

        sluice.enqueue(Enqueue.of("cheer")).blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryString("select string_agg(mood::text, ' ' order by id) from items"))
                .isEqualTo("good good good good good good bad bad bad bad");
        sluice.close().block(SOON);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatRemainsIsFoundAndSweptWithThem(boolean mayCreate) {
        Sluice sluice = sluice(mayCreate, "update items set mood = {new} where {batch} and id <> 3");

        sluice.enqueue(Enqueue.of("cheer")).blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);

        assertThat(run.failure().errorClass()).isEqualTo(RowsLeftException.class.getName());
        assertThat(run.failure().message()).contains("1 rows left after 3 sweeps");
        assertThat(database.queryLong("select count(*) from items where mood = 'good'"))
                .isEqualTo(5);
        sluice.close().block(SOON);
    }

    private Sluice sluice(boolean mayCreate, String statement) {
        database.execute(
                "create type mood as enum ('bad', 'good')",
                "create table items (id bigint primary key, mood mood)",
                "insert into items select g, 'bad' from generate_series(1, 10) g");
        Sluice owner =
                Sluice.builder().shard("main", database.connectionFactory()).build();
        owner.install().then(owner.close()).block(SOON);
        return Sluice.builder()
                .shard("main", mayCreate ? database.connectionFactory() : asUserWithoutCreate())
                .migrations(DataMigration.of(
                        "cheer",
                        Work.sql(Source.table("items").where("id <= {last} -- all but four"), statement)
                                .bind("new", "good", "mood")
                                .bind("last", 6, "bigint")
                                .remaining("mood is distinct from {new}")))
                .build();
    }

    private ConnectionFactory asUserWithoutCreate() {
        String user = database.name() + "_user";
        database.execute(
                "create role " + user + " login password 'secret'",
                "grant usage on schema sluice to " + user,
                "grant select, insert, update, delete on all tables in schema sluice to " + user,
                "grant select, update on items to " + user);
        return ConnectionFactories.get(database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, user)
                .option(ConnectionFactoryOptions.PASSWORD, "secret")
                .build());
    }
}
