package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.data.DefinitionException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CopyColumnIT {

    private static final String WEIRD = "\"Order Items\".\"weird \"\"name\"\"\"";

    @RegisterExtension
    private final Trial trial = new Trial();

    @Test
    void plainSqlCopiesAColumnWithNothingDeclared() {
        trial.database()
                .execute(
                        "create schema app",
                        "create table app.users (id bigint primary key, name text, full_name text)",
                        "insert into app.users values (1, 'a', null), (2, null, 'b'), (3, null, null), (4, 'c', 'c'), (5, 'd', 'D')");
        Set<String> right = trial.versions("app.users", "id in (3, 4)");

        trial.runFromSql("CopyColumn", "[\"app.users\",\"name\",\"full_name\"]");

        assertThat(trial.database().queryLong("select count(*) from app.users where name is distinct from full_name"))
                .isZero();
        assertThat(trial.versions("app.users", "id in (3, 4)")).isEqualTo(right);
        assertThat(trial.changed()).isEqualTo(3);
        assertThat(trial.passes()).isEqualTo(2);
    }

    @Test
    void severalColumnsAreCopiedThroughFunctionsAndExpressions() {
        trial.database()
                .execute(
                        "create schema \"Order Items\"",
                        "create function \"Order Items\".\"shout!\"(text) returns text language sql as 'select upper($1) || ''!'''",
                        "create table " + WEIRD
                                + " (\"part \"\"no\"\"\" uuid, id int, \"a {b}\" text, born text, \"A {b}\" text,"
                                + " born_on date, big bigint, primary key (id, \"part \"\"no\"\"\"))",
                        "insert into " + WEIRD + " select gen_random_uuid(), g, case when g > 2 then 'x' || g end,"
                                + " case when g % 2 = 0 then '2024-01-0' || g end from generate_series(1, 8) g");
        CopyColumn copy = CopyColumn.of(WEIRD)
                .column("a {b}", "A {b}", Cast.function("\"Order Items\".\"shout!\""))
                .column("born", "born_on", Cast.expression("born::date + 1 -- the day after"))
                .column("id", "big");

        trial.run(copy);

        assertThat(trial.database()
                        .queryString("select string_agg(concat_ws(' ', \"A {b}\", born_on, big), '|' order by id)"
                                + " from " + WEIRD))
                .isEqualTo("1|2024-01-03 2|X3! 3|X4! 2024-01-05 4|X5! 5|X6! 2024-01-07 6|X7! 7|X8! 2024-01-09 8");
        assertThat(trial.passes()).isEqualTo(2);

        Set<String> after = trial.versions(WEIRD);
        trial.runAgain(copy);
        assertThat(trial.versions(WEIRD)).isEqualTo(after);

        trial.database().execute("update " + WEIRD + " set big = null where id = 3");
        trial.runAgain(copy);
        assertThat(trial.changed()).isEqualTo(1);
        assertThat(trial.versions(WEIRD, "id <> 3")).isSubsetOf(after);
    }

    /** Else the copy would never agree with what it is copied from, and the run would fail with all rows left. */
    @Test
    void aCopyIsComparedAsItIsAfterTheAssignment() {
        trial.database()
                .execute(
                        "create table sums (id int primary key, exact numeric, rounded numeric(10,2), whole int, single real, seconds"
                                + " timestamptz(0), at timestamptz, padded char(6), word text collate \"POSIX\", other text collate \"C\", name varchar(5),"
                                + " doc json, doc_2 json, area point, area_2 point)",
                        "insert into sums (id, exact, at, word, doc, area) values (1, 1.005, '2024-01-01 10:00:00.6Z', 'ab   ', '{}', '(1,2)'),"
                                + " (2, 7.5, null, null, null, null), (3, null, '2024-01-01Z', 'é', '[1, 2]', '(3,4)')");
        CopyColumn copy = CopyColumn.of("sums")
                .column("exact", "rounded")
                .column("exact", "whole", Cast.expression("exact"))
                .column("exact", "single")
                .column("at", "seconds")
                .column("word", "padded")
                .column("word", "other")
                .column("word", "name")
                .column("doc", "doc_2")
                .column("area", "area_2");

        trial.run(copy);

        assertThat(
                        trial.database()
                                .queryString(
                                        "select string_agg(concat_ws(' ', rounded, whole, single, extract(second from seconds)::int,"
                                                + " padded || '|', other || '|', name || '|', doc_2, area_2), ' / ' order by id) from sums"))
                .isEqualTo("1.01 1 1.005 1 ab| ab   | ab   | {} (1,2) / 7.50 8 7.5 / 0 é| é| é| [1, 2] (3,4)");
        assertThat(trial.passes()).isEqualTo(2);
        Set<String> after = trial.versions("sums");
        trial.runAgain(copy);
        assertThat(trial.versions("sums")).isEqualTo(after);
    }

    @Test
    void aCastThatReadsWhatItSetsIsDoneOnce() {
        trial.database()
                .execute(
                        "create table sums (id int primary key, added int, total int)",
                        "insert into sums select g, 1, 10 from generate_series(1, 7) g");

        trial.run(CopyColumn.of("sums").column("added", "total", Cast.expression("sums.total + added")));

        assertThat(trial.database().queryLong("select count(*) from sums where total = 11"))
                .isEqualTo(7);
        assertThat(trial.passes()).isEqualTo(1);
    }

    @Test
    void onlyRowsOfTheFilterAreCopied() {
        trial.database()
                .execute(
                        "create table users (id int primary key, code text not null, name text, full_name text)",
                        "create unique index users_by_code on users (code)",
                        "insert into users select g, 'c' || 10 - g, 'n' || g from generate_series(1, 9) g");
        Set<String> others = trial.versions("users", "id > 6");

        trial.run(CopyColumn.of("users")
                .column("name", "full_name")
                .where("id <= 6")
                .by("users_by_code"));

        assertThat(trial.database().queryLong("select count(*) from users where name = full_name"))
                .isEqualTo(6);
        assertThat(trial.versions("users", "id > 6")).isEqualTo(others);
    }

    @Test
    void whatDoesNotFitTheTableIsRefused() {
        trial.database()
                .execute(
                        "create table users (id int primary key, name text, n int, upper text generated always as (upper(name)) stored)");

        refused(CopyColumn.of("users").column("nam", "n"), "has no column 'nam'");
        refused(CopyColumn.of("users").column("name", "m"), "has no column 'm'");
        refused(CopyColumn.of("users").column("name", "upper"), "generated by PostgreSQL");
        refused(CopyColumn.of("users").column("name", "n"), "is of type integer but expression is of type text");
        refused(CopyColumn.of("users").column("name", "n", Cast.function("no_such")), "no_such");
        assertThat(trial.database().queryLong("select count(*) from sluice.run"))
                .isZero();
    }

    private void refused(CopyColumn copy, String why) {
        assertThatThrownBy(() -> trial.sluice().enqueue(Enqueue.of(copy)).blockLast(Trial.SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining(why);
    }
}
