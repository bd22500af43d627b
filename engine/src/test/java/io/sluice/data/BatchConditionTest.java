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

class BatchConditionTest {

    private static final Keyset KEYS = new Keyset("\"sluice\"", "\"t\"", List.of(new KeyColumn("id", "bigint")));
    private static final Keyset.Lower LOWER = new Keyset.Lower(i -> "low", false);

    private static String upper(int column) {
        return "up";
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
        assertThat(new BatchCondition(KEYS, filter, remaining, null).sql(null, LOWER, BatchConditionTest::upper))
                .isEqualTo(expected);
    }

    @Test
    void anAliasIsForTheKeyOnly() {
        assertThat(new BatchCondition(KEYS, "a > 0", null, null).sql("u", LOWER, BatchConditionTest::upper))
                .isEqualTo("(u.\"id\" > low and u.\"id\" <= up and (a > 0))");
    }

    @Test
    void keysThatWereGivenUpAreOutOfIt() {
        assertThat(new BatchCondition(KEYS, null, "r", "select q.key from q")
                        .sql("u", LOWER, BatchConditionTest::upper))
                .isEqualTo(
                        "(u.\"id\" > low and u.\"id\" <= up and (r) and array[u.\"id\"::text] <> all (select q.key from q))");
    }

    @Test
    void theStatementGetsTheConditionAndItsValues() {
        SqlTemplate statement = SqlTemplate.parse("update t u set a = {value} where b or {batch:u}");

        assertThat(new BatchCondition(KEYS, null, null, null)
                        .render(statement, null, BatchConditionTest::upper, name -> "<" + name + ">"))
                .isEqualTo("update t u set a = <value> where b or (u.\"id\" <= up)");
    }

    @Test
    void rowsOfARangeAreCounted() {
        assertThat(new BatchCondition(KEYS, "f", "r", null).count(LOWER, BatchConditionTest::upper))
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
