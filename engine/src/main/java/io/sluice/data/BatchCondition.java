package io.sluice.data;

import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@code {batch}} stands for: the key range, the filter of the source and, in a sweep or a count, what remains.
 *
 * @param filter condition on a row; null: none
 * @param remaining condition of rows that are still to do; null: not asked for in this pass
 * @param givenUp query for keys that were given up, which are neither left nor to be swept; null: not asked for in this pass
 */
record BatchCondition(
        Keyset keys,
        @Nullable String filter,
        @Nullable String remaining,
        @Nullable String givenUp) {

    /** The condition for a range, in parentheses; the alias stands before the columns of the key only. */
    String sql(@Nullable String alias, Keyset.@Nullable Lower lower, IntFunction<String> upper) {
        return "(" + keys.range(alias, lower, upper)
                + (filter == null ? "" : " and (" + filter + ")")
                + (remaining == null ? "" : " and (" + remaining + ")")
                + (givenUp == null ? "" : " and " + keys.texts(keys.of(alias)) + " <> all (" + givenUp + ")") + ")";
    }

    /** The statement on a range; {@code value} gives the SQL of a named value. */
    String render(
            SqlTemplate statement,
            Keyset.@Nullable Lower lower,
            IntFunction<String> upper,
            Function<String, String> value) {
        return statement.render(place ->
                place.name().equals(SqlTemplate.BATCH) ? sql(place.alias(), lower, upper) : value.apply(place.name()));
    }

    /** How many rows of the range match. */
    String count(Keyset.@Nullable Lower lower, IntFunction<String> upper) {
        return "select count(*) from " + keys.table() + " where " + sql(null, lower, upper);
    }

    /**
     * Checks that every named value of a statement is given.
     *
     * @throws DefinitionException when one is not, or one is given that the statement does not name
     */
    static void requireBound(SqlTemplate statement, Map<String, @Nullable String> bindings) {
        for (String name : statement.names()) {
            if (!name.equals(SqlTemplate.BATCH) && !bindings.containsKey(name)) {
                throw new DefinitionException(
                        "the statement names {" + name + "}, give it with bind(\"" + name + "\", …): " + statement);
            }
        }
        for (String name : bindings.keySet()) {
            if (name.equals(SqlTemplate.BATCH)) {
                throw new DefinitionException(
                        "{batch} has its own meaning, bind the value to another name: " + statement);
            }
            if (!statement.names().contains(name)) {
                throw new DefinitionException(
                        "no {" + name + "} in the statement for the value bound to it: " + statement);
            }
        }
    }
}
