package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.data.DefinitionException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PerformActionOnRelationIT {

    private static final String WEIRD = "\"Order Items\".\"weird \"\"name\"\"\"";

    @RegisterExtension
    private final Trial trial = new Trial();

    @BeforeEach
    void users() {
        trial.database()
                .execute(
                        "create schema \"Order Items\"",
                        "create type mood as enum ('bad', 'good')",
                        "create table " + WEIRD
                                + " (id int, day date, \"the {status}\" text, mood mood, tags text[], doc json, n int,"
                                + " primary key (day, id))",
                        "insert into " + WEIRD + " values (1, '2024-01-01', 'old', 'bad', '{a}', '1', 1),"
                                + " (2, '2024-01-01', 'gone', 'good', '{b}', '2', 2), (3, '2024-01-02', null, null, null, null, null),"
                                + " (4, '2024-01-02', 'new', 'good', '{a,b}', '1', 4), (5, '2024-01-03', 'new', null, '{}', '1', 5)");
    }

    private String ids(String condition) {
        return trial.database()
                .queryString("select coalesce(string_agg(id::text, ' ' order by id), '') from " + WEIRD + " where "
                        + condition);
    }

    @Test
    void rowsOfAnyOfTheValuesAreDeleted() {
        Set<String> kept = trial.versions(WEIRD, "id > 3");
        PerformActionOnRelation delete =
                PerformActionOnRelation.delete(WEIRD).having("the {status}", Arrays.asList("old", "gone", null));

        trial.run(delete);

        assertThat(trial.versions(WEIRD)).isEqualTo(kept);
        assertThat(trial.passes()).isEqualTo(2);
        trial.runAgain(delete);
        assertThat(trial.versions(WEIRD)).isEqualTo(kept);
    }

    @Test
    void conditionsOfAllTypesMustHoldTogether() {
        trial.run(PerformActionOnRelation.update(WEIRD)
                .having("mood", List.of("good", "bad"))
                .having("day", "2024-01-01")
                .having("tags", List.of(List.of("a"), List.of("x")))
                .having("doc", 1)
                .having("n", 1)
                .set("the {status}", "found"));

        assertThat(ids("\"the {status}\" = 'found'")).isEqualTo("1");
        assertThat(trial.changed()).isEqualTo(1);
    }

    @Test
    void nullIsThatItIsNull() {
        trial.run(PerformActionOnRelation.update(WEIRD)
                .having("mood", null)
                .set("mood", "bad")
                .setExpression("n", "id * 10"));

        assertThat(ids("mood = 'bad' and n = id * 10")).isEqualTo("3 5");
        assertThat(ids("mood is null")).isEmpty();
    }

    @Test
    void rowsThatAreRightAlreadyAreNotTouched() {
        PerformActionOnRelation update = PerformActionOnRelation.update(WEIRD)
                .having("mood", "good")
                .set("n", 2)
                .set("the {status}", "gone");
        Set<String> others = trial.versions(WEIRD, "id <> 4");

        trial.run(update);

        assertThat(ids("n = 2 and \"the {status}\" = 'gone'")).isEqualTo("2 4");
        assertThat(trial.versions(WEIRD, "id <> 4")).isEqualTo(others);
        Set<String> after = trial.versions(WEIRD);
        trial.runAgain(update);
        assertThat(trial.versions(WEIRD)).isEqualTo(after);
    }

    @Test
    void aConditionInSqlIsGivenAsSuch() {
        trial.runFromSql(
                "PerformActionOnRelation",
                "[\"\\\"Order Items\\\".\\\"weird \\\"\\\"name\\\"\\\"\\\"\", {}, \"delete\", {\"where\": \"n > 1 and 'a' = any (tags)\"}]");

        assertThat(ids("true")).isEqualTo("1 2 3 5");
    }

    /** Rows become old while it runs, so there may always be some left. */
    @Test
    void aConditionThatDependsOnTheTimeIsDoneOnce() {
        trial.run(PerformActionOnRelation.delete(WEIRD)
                .where("day < current_date - 365")
                .having("n", List.of(1, 2)));

        assertThat(ids("true")).isEqualTo("3 4 5");
        assertThat(trial.passes()).isEqualTo(1);
    }

    @Test
    void anUpdateThatReadsWhatItSetsIsDoneOnce() {
        trial.run(PerformActionOnRelation.update(WEIRD).where("n is not null").setExpression("n", "n + 1"));

        assertThat(ids("n = id + 1")).isEqualTo("1 2 4 5");
        assertThat(trial.passes()).isEqualTo(1);
    }

    @Test
    void whatDoesNotFitTheTableIsRefused() {
        refused(PerformActionOnRelation.delete(WEIRD).having("stat", 1), "has no column 'stat'");
        refused(PerformActionOnRelation.delete(WEIRD).having("mood", "fine"), "cannot be read as mood");
        refused(PerformActionOnRelation.delete(WEIRD).having("n", List.of(1, "x")), "cannot be read as integer[]");
        refused(PerformActionOnRelation.delete(WEIRD).having("n", List.of()), "empty array");
        refused(PerformActionOnRelation.delete(WEIRD).where("m = 1"), "m = 1");
        refused(PerformActionOnRelation.update(WEIRD).having("n", 1).set("m", 1), "has no column 'm'");
        assertThat(trial.versions(WEIRD)).hasSize(5);
    }

    private void refused(PerformActionOnRelation action, String why) {
        assertThatThrownBy(() -> trial.sluice().enqueue(Enqueue.of(action)).blockLast(Trial.SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining(why);
    }
}
