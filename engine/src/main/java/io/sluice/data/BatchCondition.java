package io.sluice.data;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code {batch}} stands for: the key range, the filter of the source and, in a sweep or a count, what remains.
 *
 * @param filter condition on a row, which may name values; null: none
 * @param remaining condition of rows that are still to do, likewise; null: not asked for in this pass
 * @param givenUp query for keys that were given up, which are neither left nor to be swept; null: not asked for in this pass
 * @param values those that the statement and the conditions name
 */
record BatchCondition(
        Keyset keys,
        @Nullable String filter,
        @Nullable String remaining,
        @Nullable String givenUp,
        NamedValues values) {

    /** The condition for a range, in parentheses; the alias stands before the columns of the key only. */
    String sql(
            @Nullable String alias,
            Keyset.@Nullable Lower lower,
            IntFunction<String> upper,
            Function<String, String> text) {
        return "(" + keys.range(alias, lower, upper) + also(filter, text) + also(remaining, text)
                + (givenUp == null ? "" : " and " + keys.texts(keys.of(alias)) + " <> all (" + givenUp + ")") + ")";
    }

    private String also(@Nullable String condition, Function<String, String> text) {
        return condition == null ? "" : " and (" + rendered(condition, values, text) + ")";
    }

    /** A condition with its values; {@code text} gives the SQL of the text of one. */
    static String rendered(String condition, NamedValues values, Function<String, String> text) {
        return SqlTemplate.parseCondition(condition).render(place -> values.sql(place.name(), text));
    }

    /** The statement on a range; {@code text} gives the SQL of the text of a named value. */
    String render(
            SqlTemplate statement,
            Keyset.@Nullable Lower lower,
            IntFunction<String> upper,
            Function<String, String> text) {
        return statement.render(place -> place.name().equals(SqlTemplate.BATCH)
                ? sql(place.alias(), lower, upper, text)
                : values.sql(place.name(), text));
    }

    /** How many rows of the range match. */
    String count(Keyset.@Nullable Lower lower, IntFunction<String> upper, Function<String, String> text) {
        return "select count(*) from " + keys.table() + " where " + sql(null, lower, upper, text);
    }

    /**
     * Checks that every named value of a statement and of its conditions is given.
     *
     * @throws DefinitionException when one is not, or one is given that nothing names
     */
    static void requireBound(
            SqlTemplate statement, Map<String, @Nullable String> bindings, @Nullable String... conditions) {
        Set<String> names = new HashSet<>(statement.names());
        Stream.of(conditions)
                .filter(condition -> condition != null)
                .forEach(condition ->
                        names.addAll(SqlTemplate.parseCondition(condition).names()));
        for (String name : names) {
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
            if (!names.contains(name)) {
                throw new DefinitionException(
                        "no {" + name + "} in the statement for the value bound to it: " + statement);
            }
        }
    }
}
