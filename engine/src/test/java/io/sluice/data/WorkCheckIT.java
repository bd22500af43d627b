package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.LedgerName;
import io.sluice.run.KeyBounds;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What does not fit the database is refused before anything is touched, and the refusal quotes it. */
class WorkCheckIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Source ITEMS = Source.table("items");
    private static final String COUNT_UP = "update items set n = n + 1 where {batch}";

    private static Database database;

    @BeforeAll
    static void create() {
        database = TestDatabase.createDatabase();
        Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
        ledger.schema().install().then(ledger.close()).block(SOON);
        database.execute(
                "create table items (id bigint, part date, n int not null default 0, label text, primary key (id, part))",
                "insert into items select g, '2024-01-01', 0, '' from generate_series(1, 10) g");
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @AfterEach
    void nothingWasTouched() {
        assertThat(database.queryString("select sum(n) || ' ' || count(*) || ' ' || max(length(label)) from items"))
                .isEqualTo("0 10 0");
        assertThat(database.queryLong("select count(*) from sluice.run")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update items set n = n + 1 where {batch}",
                "UPDATE items AS i SET n = i.n + 1 FROM items o WHERE o.id = i.id AND o.part = i.part AND {batch:i};",
                "delete from items where {batch} and n > 5",
                "insert into items (id, part) select id + 100, part from items where {batch}",
                "with big as (select id from items where {batch}) update items set n = 1 where id in (select id from big)",
                "merge into items t using (select * from items where {batch}) s on (s.id = t.id + 100)"
                        + " when matched then update set n = 1",
                "update items set label = '{batch} ; $1' where {batch} -- {not a name}; $2"
            })
    void aStatementThatChangesRowsIsPlannedAndNotRun(String statement) {
        // MERGE came with PostgreSQL 15
        if (statement.startsWith("merge")
                && database.queryLong("select current_setting('server_version_num')::int") < 150000) {
            return;
        }
        assertThat(check(Work.sql(ITEMS, statement), KeyBounds.NONE).list()).isEqualTo("\"id\", \"part\"");
    }

    @Test
    void anUnknownColumnOrTableIsQuoted() {
        assertRefused(Work.sql(ITEMS, "update items set colour = 'red' where {batch}"))
                .hasMessageContainingAll("not understood by the server", "colour", "update items set colour");
        assertRefused(Work.sql(ITEMS, "update goods set n = 1 where {batch}")).hasMessageContaining("goods");
        assertRefused(Work.sql(ITEMS, "update items set n = where {batch}")).hasMessageContaining("syntax error");
        assertRefused(Work.sql(ITEMS, "update items set n = 'x' where {batch}")).hasMessageContaining("\"x\"");
    }

    @Test
    void aStatementThatChangesNothingIsRefused() {
        assertRefused(Work.sql(ITEMS, "select * from items where {batch}"))
                .hasMessageContaining("must be an INSERT, UPDATE, DELETE or MERGE");
        assertRefused(Work.sql(ITEMS, "truncate items /* {batch} */ {batch}")).hasMessageContaining("truncate items");
        assertRefused(Work.sql(ITEMS, "lock table items in exclusive mode {batch}"))
                .hasMessageContaining("lock table");
    }

    @Test
    void twoStatementsAreRefusedWhenTheyAreDeclared() {
        assertThatThrownBy(() -> Work.sql(ITEMS, COUNT_UP + "; delete from items"))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("one statement at a time");
        assertThatThrownBy(() -> Work.sql(ITEMS, "update items set n = 1"))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("{batch}");
        assertThatThrownBy(() -> Work.sql(ITEMS, "update items set n = $1 where {batch}"))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("bind(name, value)");
    }

    @Test
    void valuesAndTheirNamesMustMatch() {
        String named = "update items set n = {value}::int where {batch}";

        assertRefused(Work.sql(ITEMS, named)).hasMessageContainingAll("{value}", "bind(\"value\", …)");
        assertRefused(Work.sql(ITEMS, named).bind("value", 1).bind("other", 2)).hasMessageContaining("no {other}");
        assertRefused(Work.sql(ITEMS, "update items set n = {value} where {batch}")
                        .bind("value", 1))
                .hasMessageContaining("is of type integer but expression is of type text");
        assertThat(check(Work.sql(ITEMS, named).bind("value", null), KeyBounds.NONE))
                .isNotNull();
    }

    @Test
    void whatAStatementReturnsWouldBeReadByNobody() {
        assertRefused(Work.sql(ITEMS, COUNT_UP + " returning n")).hasMessageContaining("without RETURNING");
    }

    @Test
    void aValueMustBeReadableAsItsType() {
        Work work =
                Work.sql(ITEMS, "update items set part = {day} where {batch}").bind("day", "2024-13-01", "date");

        assertRefused(work).hasMessageContainingAll("a value cannot be read as date", "2024-13-01");
        assertRefused(Work.sql(ITEMS, "update items set part = {day} where {batch}")
                        .bind("day", null, "dat"))
                .hasMessageContaining("\"dat\" does not exist");
        assertThat(check(
                        Work.sql(ITEMS, "update items set part = {day} where {batch}")
                                .bind("day", "2024-12-01", "date")
                                .bind("least", 3, "integer")
                                .remaining("n > {least}"),
                        KeyBounds.NONE))
                .isNotNull();
        assertRefused(Work.code(ITEMS.where("n > {least}"), batch -> Mono.just(0L)))
                .hasMessageContaining("{least} is named, but there is no value bound to it");
    }

    @Test
    void conditionsMustBeConditionsOnTheTable() {
        assertRefused(Work.sql(ITEMS.where("colour = 'red'"), COUNT_UP)).hasMessageContainingAll("condition", "colour");
        assertRefused(Work.sql(ITEMS, COUNT_UP).remaining("shape is null"))
                .hasMessageContainingAll("condition", "shape");
        assertRefused(Work.code(ITEMS, batch -> batch.update(COUNT_UP)).remaining("n"))
                .hasMessageContaining("condition");
    }

    @Test
    void boundsMustBeKeys() {
        Work work = Work.sql(ITEMS, COUNT_UP);

        assertRefused(work, KeyBounds.NONE.from(1))
                .hasMessageContainingAll("lower bound", "2 columns", "\"id\", \"part\"", "has 1");
        assertRefused(work, KeyBounds.NONE.to(1, "2024-01-01", 3)).hasMessageContainingAll("upper bound", "has 3");
        assertRefused(work, KeyBounds.NONE.from("one", "2024-01-01")).hasMessageContainingAll("lower bound", "one");
        assertRefused(work, KeyBounds.NONE.to(1, "2024-13-01")).hasMessageContainingAll("upper bound", "2024-13-01");
        assertThat(check(work, KeyBounds.NONE.from(1, "2024-01-01").to(5, "2024-12-31")))
                .isNotNull();
    }

    @Test
    void aSourceOfItemsHasNoKey() {
        Work work = Work.items(cursor -> Flux.empty(), (connection, items) -> Mono.just(0L));

        assertThat(check(work, KeyBounds.NONE)).isNull();
        assertRefused(work, KeyBounds.NONE.from(1)).hasMessageContaining("no key to bound");
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Work work) {
        return assertRefused(work, KeyBounds.NONE);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Work work, KeyBounds bounds) {
        return assertThatThrownBy(() -> check(work, bounds)).isInstanceOf(DefinitionException.class);
    }

    private static Keyset check(Work work, KeyBounds bounds) {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> new WorkCheck(new LedgerName("sluice")).check(connection, work, bounds),
                        Connection::close)
                .block(SOON);
    }
}
