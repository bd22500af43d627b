package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.sql.KeyColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchConditionTest {

    private static final Keyset KEYS = new Keyset("\"sluice\"", "\"t\"", List.of(new KeyColumn("id", "bigint")));
    private static final Keyset.Lower LOWER = new Keyset.Lower(i -> "low", false);

    private static final NamedValues VALUES =
            new NamedValues(Map.of("value", "1", "typed", "2"), Map.of("typed", "integer"));

    private static String upper(int column) {
        return "up";
    }

    private static String text(String name) {
        return "<" + name + ">";
    }

    private static BatchCondition condition(@Nullable String filter, @Nullable String remaining) {
        return new BatchCondition(KEYS, filter, remaining, null, VALUES);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, '(\"id\" > low and \"id\" <= up)'",
                "a or b, -, '(\"id\" > low and \"id\" <= up and (a or b))'",
                "-, c or d, '(\"id\" > low and \"id\" <= up and (c or d))'",
                "a or b, c or d, '(\"id\" > low and \"id\" <= up and (a or b) and (c or d))'"
            })
    void everyPartHasItsParentheses(@Nullable String filter, @Nullable String remaining, String expected) {
        assertThat(condition(filter, remaining).sql(null, LOWER, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo(expected);
    }

    @Test
    void anAliasIsForTheKeyOnly() {
        assertThat(condition("a > 0", null).sql("u", LOWER, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo("(u.\"id\" > low and u.\"id\" <= up and (a > 0))");
    }

    @Test
    void keysThatWereGivenUpAreOutOfIt() {
        assertThat(new BatchCondition(KEYS, null, "r", "select q.key from q", VALUES)
                        .sql("u", LOWER, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo(
                        "(u.\"id\" > low and u.\"id\" <= up and (r) and array[u.\"id\"::text] <> all (select q.key from q))");
    }

    @Test
    void theStatementGetsTheConditionAndItsValues() {
        SqlTemplate statement = SqlTemplate.parse("update t u set a = {value} where b or {batch:u}");

        assertThat(condition(null, null).render(statement, null, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo("update t u set a = <value> where b or (u.\"id\" <= up)");
    }

    @Test
    void conditionsGetTheirValuesToo() {
        assertThat(condition("a > {value}", "b = {typed} or c = '{typed}'")
                        .sql(null, null, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo(
                        "(\"id\" <= up and (a > <value>)" + " and (b = (select (<typed>)::integer) or c = '{typed}'))");
    }

    /** Else it would take the rest of the statement with it. */
    @Test
    void aCommentAtTheEndOfAConditionEndsThere() {
        assertThat(condition("a > 0 -- note", null)
                        .sql(null, null, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo("(\"id\" <= up and (a > 0 -- note\n))");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{batch}", "a = $1", "a; b"})
    void aConditionIsNoMoreThanThat(String condition) {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> SqlTemplate.parseCondition(condition))
                .withMessageEndingWith(": " + condition);
    }

    @Test
    void rowsOfARangeAreCounted() {
        assertThat(condition("f", "r").count(LOWER, BatchConditionTest::upper, BatchConditionTest::text))
                .isEqualTo("select count(*) from \"t\" where (\"id\" > low and \"id\" <= up and (f) and (r))");
    }

    @Test
    void aNameWithoutAValueIsRefused() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> require(Map.of("a", "1")))
                .withMessageStartingWith("the statement names {b}, give it with bind(\"b\", …): update");
    }

    @Test
    void aValueWithoutANameIsRefused() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> require(Map.of("a", "1", "b", "2", "c", "3")))
                .withMessageStartingWith("no {c} in the statement for the value bound to it: update");
    }

    @Test
    void aValueMayBeNamedByAConditionAlone() {
        Map<String, @Nullable String> bindings = Map.of("a", "1", "b", "2", "c", "3");

        BatchCondition.requireBound(
                SqlTemplate.parse("update t set x = {a}, y = {b} where {batch}"), bindings, null, "z = {c}");

        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> BatchCondition.requireBound(
                        SqlTemplate.parse("update t set x = {a} where {batch}"), Map.of("a", "1"), "z = {c}"))
                .withMessageStartingWith("the statement names {c}");
    }

    @Test
    void aNullIsAValue() {
        Map<String, @Nullable String> bindings = new HashMap<>();
        bindings.put("a", null);
        bindings.put("b", "");

        assertThatCode(() -> require(bindings)).doesNotThrowAnyException();
    }

    /** {batch} is ours: a value bound to it would silently be ignored. */
    @Test
    void aValueForTheBatchIsRefused() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> require(Map.of("a", "1", "b", "2", "batch", "true")))
                .withMessageContaining("{batch}");
    }

    private static void require(Map<String, @Nullable String> bindings) {
        BatchCondition.requireBound(SqlTemplate.parse("update t set x = {a}, y = {b} where {batch}"), bindings);
    }
}
