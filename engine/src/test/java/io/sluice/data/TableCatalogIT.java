package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ledger.LedgerName;
import io.sluice.sql.KeyColumn;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** By which key a table can be walked, and what is said where it cannot. */
class TableCatalogIT {

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
    void aTableIsWalkedByItsPrimaryKeyInTheOrderOfTheKey() {
        database.execute("create table ordered (a uuid, b bigint, c text, primary key (c, a))");

        Keyset keys = keyset(Source.table("ordered"));

        assertThat(keys.table()).isEqualTo("\"public\".\"ordered\"");
        assertThat(keys.columns()).containsExactly(new KeyColumn("c", "text"), new KeyColumn("a", "uuid"));
    }

    @Test
    void aNamedUniqueIndexTakesItsPlaceAndItsIncludedColumnsAreNotOfTheKey() {
        database.execute(
                "create table indexed (id int primary key, code varchar(9) not null, extra text)",
                "create unique index indexed_code on indexed (code) include (extra)");

        Keyset keys = keyset(Source.table("indexed").by("indexed_code"));

        assertThat(keys.columns()).containsExactly(new KeyColumn("code", "character varying(9)"));
    }

    @Test
    void namesMeanWhatTheyMeanInSql() {
        database.execute(
                "create schema \"Order Items\"",
                "create table \"Order Items\".\"weird \"\"name\"\"\" (\"the \"\"id\"\"\" int primary key)",
                "create table MixedCase (id int primary key)");

        Keyset keys = keyset(Source.table("\"Order Items\".\"weird \"\"name\"\"\""));

        assertThat(keys.table()).isEqualTo("\"Order Items\".\"weird \"\"name\"\"\"");
        assertThat(keys.columns()).containsExactly(new KeyColumn("the \"id\"", "integer"));
        assertThat(keyset(Source.table("MIXEDcase")).table()).isEqualTo("\"public\".\"mixedcase\"");
        assertRefused(Source.table("\"MixedCase\"")).hasMessageContaining("there is no table MixedCase");
    }

    @Test
    void withoutASchemaTheSearchPathDecidesOnceAndForAll() {
        database.execute(
                "create schema first", "create schema second",
                "create table second.found (id int primary key)", "create table public.found (id int primary key)");

        Keyset keys = keyset(Source.table("found"), "set search_path = first, second, public");

        assertThat(keys.table()).isEqualTo("\"second\".\"found\"");
        assertRefused(Source.table("first.found")).hasMessageContaining("there is no table first.found");
    }

    @Test
    void aPartitionedTableIsWalkedAsAWhole() {
        database.execute(
                "create table parted (day date, id int, primary key (day, id)) partition by range (day)",
                "create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01')");

        assertThat(keyset(Source.table("parted")).list()).isEqualTo("\"day\", \"id\"");
        assertThat(keyset(Source.table("parted_1")).table()).isEqualTo("\"public\".\"parted_1\"");
    }

    @Test
    void whatIsNoTableCannotBeWalked() {
        database.execute(
                "create view looking as select 1 as id",
                "create materialized view looked as select 1 as id",
                "create sequence counting");

        assertRefused(Source.table("nowhere")).hasMessageContainingAll("no table nowhere", "search path");
        assertRefused(Source.table("looking")).hasMessageContaining("no table or partitioned table");
        assertRefused(Source.table("looked")).hasMessageContaining("no table or partitioned table");
        assertRefused(Source.table("counting")).hasMessageContaining("no table or partitioned table");
    }

    @Test
    void withoutAPrimaryKeyTheUsableIndexesAreNamedAndNoOthers() {
        database.execute(
                "create table keyless (a int not null, b text not null, c int, d int not null)",
                "create unique index good_one on keyless (a, b)",
                "create unique index good_too on keyless (d)",
                "create unique index may_be_null on keyless (c)",
                "create unique index only_some on keyless (a) where a > 0",
                "create unique index computed on keyless (lower(b))",
                "create index not_unique on keyless (a)");

        assertRefused(Source.table("keyless"))
                .hasMessageContainingAll("has no primary key", "\"good_one\" (a, b)", "\"good_too\" (d)")
                .message()
                .doesNotContain("may_be_null", "only_some", "computed", "not_unique");
        assertRefused(Source.table("keyless").by("may_be_null"))
                .hasMessageContainingAll("\"may_be_null\" (c)", "may be NULL", "good_one");
        assertRefused(Source.table("keyless").by("only_some")).hasMessageContaining("no unique index \"only_some\"");
        assertRefused(Source.table("keyless").by("computed")).hasMessageContaining("no unique index \"computed\"");
        assertRefused(Source.table("keyless").by("not_unique")).hasMessageContaining("no unique index \"not_unique\"");
        assertThat(keyset(Source.table("keyless").by("good_too")).list()).isEqualTo("\"d\"");
    }

    @Test
    void whereThereIsNothingUsableItIsSaidSo() {
        database.execute("create table nothing (a int)");

        assertRefused(Source.table("nothing"))
                .hasMessageContaining("it has no unique index over columns that are NOT NULL");
    }

    @Test
    void aNondeterministicCollationIsRefused() {
        database.execute(
                "create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "create table caseless (id text collate nocase primary key)");

        assertRefused(Source.table("caseless")).hasMessageContaining("nondeterministic collation");
    }

    @Test
    void anIndexWhoseOrderIsNotThatOfItsColumnsIsRefused() {
        database.execute(
                "create table disordered (a int not null, b text not null)",
                "create unique index mixed on disordered (a, b desc)",
                "create unique index pattern on disordered (b text_pattern_ops)",
                "create unique index collated on disordered (b collate \"C\")",
                "create unique index backwards on disordered (a desc, b desc)");

        for (String index : new String[] {"mixed", "pattern", "collated"}) {
            assertRefused(Source.table("disordered").by(index))
                    .hasMessageContainingAll("\"" + index + "\"", "mixes ascending and descending", "backwards");
        }
        assertThat(keyset(Source.table("disordered").by("backwards")).width()).isEqualTo(2);
    }

    @Test
    void anIndexThatIsNotValidIsNoKey() {
        database.execute(
                "create table half_built (a int not null)",
                "create unique index broken on half_built (a)",
                "update pg_index set indisvalid = false where indexrelid = 'broken'::regclass");

        assertRefused(Source.table("half_built").by("broken")).hasMessageContaining("no unique index \"broken\"");
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Source source) {
        return assertThatThrownBy(() -> keyset(source)).isInstanceOf(DefinitionException.class);
    }

    private static Keyset keyset(Source source) {
        return keyset(source, "select 1");
    }

    private static Keyset keyset(Source source, String before) {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> Flux.from(
                                        connection.createStatement(before).execute())
                                .concatMap(it -> it.getRowsUpdated())
                                .then(new TableCatalog(new LedgerName("sluice")).keyset(connection, source)),
                        connection -> connection.close())
                .block(SOON);
    }
}
