package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.data.DefinitionException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BackfillColumnIT {

    private static final String WEIRD = "\"Order Items\".\"weird \"\"name\"\"\"";

    @RegisterExtension
    private final Trial trial = new Trial();

    /** Rows by (a, b): both NULL, one of them, both other, both right. */
    private void weird() {
        trial.database()
                .execute(
                        "create schema \"Order Items\"",
                        "create table " + WEIRD + " (\"part \"\"no\"\"\" text, id int, \"a {a}\" int, \"B\" text,"
                                + " primary key (\"part \"\"no\"\"\", id))",
                        "insert into " + WEIRD
                                + " values ('x', 1, null, null), ('x', 2, null, 'new'), ('x', 3, 7, null),"
                                + " ('y', 1, 8, 'old'), ('y', 2, 7, 'old'), ('y', 3, 8, 'new'), ('y', 4, 7, 'new')");
    }

    @Test
    void everyColumnIsComparedByItselfAndWithItsNulls() {
        weird();
        BackfillColumn backfill = BackfillColumn.of(WEIRD).value("a {a}", 7).value("B", "new");
        Set<String> before = trial.versions(WEIRD);

        trial.run(backfill);

        assertThat(trial.database()
                        .queryLong("select count(*) from " + WEIRD + " where \"a {a}\" = 7 and \"B\" = 'new'"))
                .isEqualTo(7);
        Set<String> after = trial.versions(WEIRD);
        assertThat(after)
                .filteredOn(before::contains)
                .singleElement()
                .asString()
                .endsWith("(y,4,7,new)");
        assertThat(trial.changed()).isEqualTo(6);
        assertThat(trial.passes()).isEqualTo(2);

        trial.runAgain(backfill);

        assertThat(trial.versions(WEIRD)).isEqualTo(after);
        assertThat(trial.changed()).isZero();
    }

    @Test
    void nullIsAValue() {
        weird();

        trial.run(BackfillColumn.of(WEIRD).value("B", null));

        assertThat(trial.database().queryLong("select count(\"B\") from " + WEIRD))
                .isZero();
        assertThat(trial.changed()).isEqualTo(5);
    }

    @Test
    void whatHasAValueKeepsItWhereOnlyNullIsFilled() {
        weird();

        trial.run(BackfillColumn.of(WEIRD)
                .value("a {a}", 1)
                .expression("B", "\"part \"\"no\"\"\" || id")
                .onlyNull());

        assertThat(trial.database()
                        .queryString("select string_agg(coalesce(\"a {a}\"::text, '-') || \"B\", ' ' order by"
                                + " \"part \"\"no\"\"\", id) from " + WEIRD))
                .isEqualTo("1x1 1new 7x3 8old 7old 8new 7new");
        assertThat(trial.changed()).isEqualTo(3);
    }

    @Test
    void sqlEnqueuesTheSameRun() {
        weird();
        BackfillColumn backfill = BackfillColumn.of(WEIRD).value("a {a}", 7).where("\"B\" is not null");

        trial.runFromSql(
                "BackfillColumn",
                "[\"\\\"Order Items\\\".\\\"weird \\\"\\\"name\\\"\\\"\\\"\", {\"a {a}\": 7}, {\"where\": \"\\\"B\\\" is not null\"}]");

        assertThat(trial.sluice()
                        .enqueue(Enqueue.of(backfill))
                        .blockLast(Trial.SOON)
                        .created())
                .isFalse();
        assertThat(trial.sluice()
                        .ensureSucceeded(backfill.name(), backfill.arguments())
                        .block(Trial.SOON))
                .isNotNull();
        assertThat(trial.database().queryLong("select count(*) from " + WEIRD + " where \"a {a}\" is null"))
                .isEqualTo(1);
    }

    @Test
    void aValueOfAnyTypeArrivesAndIsFoundAgain() {
        trial.database()
                .execute(
                        "create type mood as enum ('bad', 'so so')",
                        "create domain short as varchar(3) check (value <> '')",
                        "create table things (id int primary key, mood mood, moods mood[], price numeric(10,2), code char(5),"
                                + " name varchar(9), tag short, doc json, docb jsonb, docs jsonb[], grid int[], words text[], raw bytea,"
                                + " at timestamptz(0), day date, long interval, key uuid, area box, at_point point, span int4range,"
                                + " real real, tiny bit(3), flag boolean)",
                        "insert into things (id) select generate_series(1, 4)");
        BackfillColumn all = BackfillColumn.of("things")
                .value("mood", "so so")
                .value("moods", List.of("bad", "so so"))
                .value("price", 1.005)
                .value("code", "ab")
                .value("name", "O'{x} \"$1")
                .value("tag", "abc")
                .value("doc", Map.of("k", List.of(1, "two")))
                .value("docb", "text")
                .value("docs", List.of(Map.of("a", 1), List.of(2)))
                .value("grid", List.of(List.of(1, 2), List.of(3, 4)))
                .value("words", java.util.Arrays.asList("a,b", "\"q\\", null, "NULL", ""))
                .value("raw", new byte[] {0, 39, (byte) 255})
                .value("at", OffsetDateTime.parse("2024-05-06T07:08:09.6Z"))
                .value("day", "2024-02-29")
                .value("long", "1 day 02:00")
                .value("key", "7f8d4a7e-0000-4000-8000-0000000000ff")
                .value("area", "(1,1),(0,0)")
                .value("at_point", "(1,2)")
                .value("span", "[1,5)")
                .value("real", 0.1)
                .value("tiny", "101")
                .value("flag", true);

        trial.run(all);

        assertThat(trial.database().queryString("""
                select concat_ws('|', mood, moods, price, code, name, tag, doc, docb, docs, grid, words, raw, at at time zone 'UTC',
                       day, long, key, area, at_point, span, real, tiny, flag) from things where id = 4"""))
                .isEqualTo("so so|{bad,\"so so\"}|1.01|ab   |O'{x} \"$1|abc|{\"k\":[1,\"two\"]}|\"text\""
                        + "|{\"{\\\"a\\\": 1}\",[2]}|{{1,2},{3,4}}|{\"a,b\",\"\\\"q\\\\\",NULL,\"NULL\",\"\"}|\\x0027ff"
                        + "|2024-05-06 07:08:10|2024-02-29|1 day 02:00:00|7f8d4a7e-0000-4000-8000-0000000000ff"
                        + "|(1,1),(0,0)|(1,2)|[1,5)|0.1|101|t");
        Set<String> after = trial.versions("things");
        trial.runAgain(all);
        assertThat(trial.versions("things")).isEqualTo(after);
    }

    /** Two boxes of one area are equal to PostgreSQL, and so are two texts of a collation that does not mind the case. */
    @Test
    void whatOnlySeemsEqualIsSet() {
        trial.database()
                .execute(
                        "create collation ignoring (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                        "create table things (id int primary key, area box, name text collate ignoring)",
                        "insert into things values (1, '(2,2),(1,1)', 'Anna'), (2, '(1,1),(0,0)', 'ANNA')");

        trial.run(BackfillColumn.of("things").value("area", "(1,1),(0,0)").value("name", "Anna"));

        assertThat(trial.database().queryString("select string_agg(area || name, ' ' order by id) from things"))
                .isEqualTo("(1,1),(0,0)Anna (1,1),(0,0)Anna");
    }

    @Test
    void anExpressionThatReadsWhatItSetsIsDoneOnce() {
        trial.database()
                .execute(
                        "create table prices (id int primary key, cents int)",
                        "insert into prices select g, g from generate_series(1, 10) g");

        trial.run(BackfillColumn.of("prices").expression("cents", "cents * 100"));

        assertThat(trial.database().queryLong("select count(*) from prices where cents = id * 100"))
                .isEqualTo(10);
        assertThat(trial.passes()).isEqualTo(1);
    }

    @Test
    void anExpressionThatIsAnotherEachTimeIsDoneOnce() {
        trial.database()
                .execute(
                        "create table keys (id int primary key, key uuid, n int)",
                        "create sequence numbers",
                        "insert into keys select g from generate_series(1, 10) g");

        trial.run(
                BackfillColumn.of("keys").expression("key", "gen_random_uuid()").expression("n", "nextval('numbers')"));

        assertThat(trial.database().queryString("select count(distinct key) || ' ' || max(n) from keys"))
                .isEqualTo("10 10");
        assertThat(trial.passes()).isEqualTo(1);

        trial.database().execute("update keys set key = null where id > 7");
        Set<String> before = trial.versions("keys", "id <= 7");
        trial.run(
                BackfillColumn.of("keys").expression("key", "gen_random_uuid()").onlyNull());

        assertThat(trial.database().queryLong("select count(distinct key) from keys"))
                .isEqualTo(10);
        assertThat(trial.versions("keys", "id <= 7")).isEqualTo(before);
        assertThat(trial.passes()).isEqualTo(2);
    }

    @Test
    void rowsThatTheApplicationUndoesMeanwhileAreFoundAndSwept() {
        trial.database()
                .execute(
                        "create table items (id int primary key, n int)",
                        "insert into items select g from generate_series(1, 10) g",
                        // the first time that row 2 is to be changed it is not
                        "create table stubborn (once int)",
                        "insert into stubborn values (1)",
                        """
                create function refuse() returns trigger language plpgsql as $$
                begin
                    delete from stubborn;
                    return case when found then null else new end;
                end $$""",
                        "create trigger refuse before update on items for each row when (old.id = 2) execute function refuse()");

        trial.run(BackfillColumn.of("items").value("n", 5));

        assertThat(trial.database().queryLong("select count(*) from items where n = 5"))
                .isEqualTo(10);
        assertThat(trial.passes()).isEqualTo(4);
    }

    @Test
    void aPartitionedTableIsWalkedByAnotherUniqueIndex() {
        trial.database()
                .execute(
                        "create table logs (day date not null, n int not null, kind text, primary key (day, n))"
                                + " partition by range (day)",
                        "create table logs_1 partition of logs for values from ('2024-01-01') to ('2024-02-01')",
                        "create table logs_2 partition of logs for values from ('2024-02-01') to ('2024-03-01')",
                        "create unique index logs_by_number on logs (n, day)",
                        "insert into logs select date '2024-01-25' + g, g from generate_series(1, 12) g");

        trial.run(BackfillColumn.of("logs").value("kind", "web").by("logs_by_number"));

        assertThat(trial.database()
                        .queryString(
                                "select count(*) || ' ' || count(distinct tableoid) from logs" + " where kind = 'web'"))
                .isEqualTo("12 2");
        assertThat(trial.database().queryString("select key_columns::text from sluice.data_run"))
                .isEqualTo("{n,day}");
    }

    @Test
    void whatDoesNotFitTheTableIsRefusedBeforeAnythingIsTouched() {
        trial.database()
                .execute(
                        "create type mood as enum ('bad')",
                        "create table things (id int primary key, n int, mood mood, name varchar(3),"
                                + " twice int generated always as (n * 2) stored)",
                        "insert into things (id) values (1)");

        refused(BackfillColumn.of("nothing").value("a", 1), "there is no table nothing");
        refused(BackfillColumn.of("things").value("N", 1), "has no column 'N', written exactly so; it has id, n, mood");
        refused(BackfillColumn.of("things").value("twice", 1), "'twice'", "generated by PostgreSQL");
        refused(BackfillColumn.of("things").value("n", "one"), "cannot be read as integer", "one");
        refused(BackfillColumn.of("things").value("mood", "good"), "cannot be read as mood", "good");
        refused(BackfillColumn.of("things").value("n", List.of(1)), "'n' is integer and takes no array");
        refused(BackfillColumn.of("things").expression("n", "lower(nam)"), "nam");
        refused(BackfillColumn.of("things").expression("n", "1); drop table things; --"), "one statement at a time");
        refused(BackfillColumn.of("things").value("n", 1).where("m > 0"), "condition", "m > 0");
        refused(BackfillColumn.of("things").value("n", 1).by("other"), "no unique index \"other\"");
        assertThat(trial.database().queryLong("select count(*) from sluice.run"))
                .isZero();
    }

    /** The cast of a comparison would cut it; what is written must not be cut. */
    @Test
    void aValueThatIsTooLongIsNotCut() {
        trial.database()
                .execute(
                        "create domain short as varchar(3)",
                        "create table things (id int primary key, name varchar(3), tag short)",
                        "insert into things (id) values (1)");

        assertThat(trial.end(Enqueue.of(BackfillColumn.of("things").value("name", "abcd")))
                        .failure()
                        .message())
                .contains("too long");
        assertThat(trial.end(Enqueue.of(BackfillColumn.of("things").value("tag", "abcd")))
                        .failure()
                        .message())
                .contains("too long");
        assertThat(trial.database().queryString("select concat(name, tag) from things"))
                .isEmpty();
    }

    private void refused(BackfillColumn backfill, String... why) {
        assertThatThrownBy(() -> trial.sluice().enqueue(Enqueue.of(backfill)).blockLast(Trial.SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContainingAll(why);
    }
}
