package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.ValidationDepth;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class TestDatabaseIT {

    @Test
    void isOneServerForAll() {
        assertThat(TestDatabase.shared()).isSameAs(TestDatabase.shared());
    }

    @Test
    void runsTheVersionThatTheBuildAskedFor() {
        String asked = System.getProperty("sluice.postgres.version");
        assumeTrue(asked != null, "started by hand, so no version was asked for");
        assumeTrue(System.getenv("SLUICE_TEST_DATABASE_URL") == null, "the environment chose the server");
        assumeTrue(System.getenv("PG_BIN") == null, "the environment chose the server");

        assertThat(TestDatabase.shared().version()).startsWith(asked + ".");
    }

    @Test
    void everyDatabaseIsFreshAndItsOwn() {
        try (Database one = TestDatabase.createDatabase();
                Database other = TestDatabase.createDatabase()) {
            one.execute("create table only_here (n int)");

            assertThat(one.name()).isNotEqualTo(other.name());
            assertThatThrownBy(() -> other.query("select n from only_here"))
                    .isInstanceOfSatisfying(
                            R2dbcException.class,
                            e -> assertThat(e.getSqlState()).isEqualTo("42P01"));
        }
    }

    @Test
    void executesAndQueries() {
        try (Database database = TestDatabase.createDatabase()) {
            database.execute("create table item (id int, name text)", "insert into item values (1, 'one'), (2, null)");

            assertThat(database.query("select id, name from item order by id"))
                    .isEqualTo(List.of(List.of(1, "one"), Arrays.asList(2, null)));
            assertThat(database.queryLong("select count(*) from item")).isEqualTo(2);
            assertThat(database.queryString("select name from item where id = 1"))
                    .isEqualTo("one");
            assertThat(database.queryString("select name from item where id = 2"))
                    .isNull();
            assertThatThrownBy(() -> database.queryLong("select id from item")).hasMessageContaining("2 rows");
        }
    }

    @Test
    void closeDropsADatabaseThatIsInUse() {
        Database database = TestDatabase.createDatabase();
        Connection inUse = Mono.from(database.connectionFactory().create()).block();

        database.close();

        assertThat(TestDatabase.shared()
                        .maintenance()
                        .queryLong("select count(*) from pg_database where datname = '" + database.name() + "'"))
                .isZero();
        assertThat(Mono.from(inUse.validate(ValidationDepth.REMOTE)).block()).isFalse();
    }
}
