package io.sluice.schema;

import io.sluice.sql.Identifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an index shall be like, and the statement that makes it. Names are quoted, expressions and the condition are SQL of the
 * developer.
 */
record IndexDefinition(
        String name,
        List<IndexKey> keys,
        boolean unique,
        boolean nullsNotDistinct,
        String method,
        List<String> include,
        @Nullable String where,
        Map<String, String> storage,
        boolean analyze) {

    private static final int MOST_KEYS = 32;
    private static final Pattern PARAMETER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");
    private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9._-]+");

    IndexDefinition {
        Identifier.quote(name);
        if (keys.isEmpty() || keys.size() + include.size() > MOST_KEYS) {
            throw new IllegalArgumentException("an index has 1.." + MOST_KEYS + " columns and expressions, index "
                    + name + " has " + (keys.size() + include.size()));
        }
        if (nullsNotDistinct && !unique) {
            throw new IllegalArgumentException("nulls can be not distinct in a unique index only, " + name + " is not");
        }
        storage.forEach((parameter, value) -> {
            if (!PARAMETER.matcher(parameter).matches() || !VALUE.matcher(value).matches()) {
                throw new IllegalArgumentException("storage parameter '" + parameter + "' = '" + value + "' of index "
                        + name + " must be letters, digits, '.', '-' and '_'");
            }
        });
        keys = List.copyOf(keys);
        include = List.copyOf(include);
        // in the order in which they were given: the text of a statement should not change from run to run
        storage = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(storage));
    }

    static IndexDefinition of(String table, List<IndexKey> keys) {
        String words = keys.stream().map(IndexKey::word).collect(Collectors.joining("_"));
        return new IndexDefinition(
                LongNames.fitting(table + "_" + words + "_idx"),
                keys,
                false,
                false,
                "btree",
                List.of(),
                null,
                Map.of(),
                false);
    }

    IndexDefinition withName(String other) {
        return new IndexDefinition(other, keys, unique, nullsNotDistinct, method, include, where, storage, analyze);
    }

    IndexDefinition withUnique(boolean yes) {
        return new IndexDefinition(name, keys, yes, nullsNotDistinct, method, include, where, storage, analyze);
    }

    IndexDefinition withNullsNotDistinct() {
        return new IndexDefinition(name, keys, unique, true, method, include, where, storage, analyze);
    }

    IndexDefinition withMethod(String other) {
        return new IndexDefinition(name, keys, unique, nullsNotDistinct, other, include, where, storage, analyze);
    }

    IndexDefinition withInclude(List<String> columns) {
        return new IndexDefinition(name, keys, unique, nullsNotDistinct, method, columns, where, storage, analyze);
    }

    IndexDefinition withWhere(@Nullable String condition) {
        return new IndexDefinition(name, keys, unique, nullsNotDistinct, method, include, condition, storage, analyze);
    }

    IndexDefinition withStorage(Map<String, String> parameters) {
        return new IndexDefinition(name, keys, unique, nullsNotDistinct, method, include, where, parameters, analyze);
    }

    IndexDefinition withAnalyze() {
        return new IndexDefinition(name, keys, unique, nullsNotDistinct, method, include, where, storage, true);
    }

    String toJson() {
        return IndexJson.write(this);
    }

    /**
     * The statement that makes it.
     *
     * @param how what stands between INDEX and the name: empty, or {@code concurrently}
     * @param on what stands behind ON: the quoted table, or {@code only} and that
     */
    String sql(String how, String on) {
        StringBuilder sql = new StringBuilder(unique ? "create unique index " : "create index ");
        sql.append(how.isEmpty() ? "" : how + " ").append(Identifier.quote(name));
        sql.append(" on ").append(on).append(" using ").append(Identifier.quote(method));
        sql.append(keys.stream().map(IndexKey::sql).collect(Collectors.joining(", ", " (", ")")));
        if (!include.isEmpty()) {
            sql.append(include.stream().map(Identifier::quote).collect(Collectors.joining(", ", " include (", ")")));
        }
        if (nullsNotDistinct) {
            sql.append(" nulls not distinct");
        }
        if (!storage.isEmpty()) {
            sql.append(storage.entrySet().stream()
                    .map(it -> it.getKey() + " = " + it.getValue())
                    .collect(Collectors.joining(", ", " with (", ")")));
        }
        if (where != null) {
            // a comment at its end must not swallow the parenthesis
            sql.append(" where (").append(where).append("\n)");
        }
        return sql.toString();
    }
}
