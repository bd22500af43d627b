package io.sluice.data.builtin;

import static java.util.stream.Collectors.joining;

import io.sluice.sql.Identifier;
import io.sluice.sql.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Rows of another table, or of the same one, that belong to a row: those in which some columns equal some of its own. In JSON:
 * {@code {"table": "app.comments", "on": {"post_id": "id"}, "where": "not hidden", "through": {…}}}, where {@code on} has columns
 * of the named table first.
 */
public final class RelatedRows {

    private static final Set<String> MEMBERS = Set.of("table", "on", "where", "through");

    private final Options options;

    private RelatedRows(Options options) {
        this.options = options;
    }

    /**
     * Rows of this table; say {@link #on} which of them.
     *
     * @param table as in SQL: {@code comments}, {@code app.comments}, {@code "Order Items"}
     */
    public static RelatedRows in(String table) {
        TableName.parse(table);
        return new RelatedRows(Options.NONE.with("table", table));
    }

    /**
     * Those in which a column equals one of the row that they belong to; with several of them, in which all do.
     *
     * @param column exact name of a column of this table: {@code post_id}
     * @param own exact name of a column of the row, or of the table {@link #through} which they belong to it: {@code id}
     */
    public RelatedRows on(String column, String own) {
        return new RelatedRows(options.with("on", column, own));
    }

    /** Only those for which this SQL condition holds; columns are written without the name of the table. */
    public RelatedRows where(String condition) {
        return new RelatedRows(options.with("where", condition));
    }

    /** Those that belong to rows of a join table, which in turn belong to the row. */
    public RelatedRows through(RelatedRows join) {
        return new RelatedRows(options.with("through", join.options));
    }

    Options options() {
        return options;
    }

    /** The SQL behind {@code select count(*)} for the rows that belong to a row of this table. */
    static String sql(Given given, String what, JsonNode related, TableName own) {
        List<String> tables = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        String alias = "sluice_related";
        JsonNode at = related;
        while (at != null) {
            Map<String, JsonNode> members = given.members(what, at);
            JsonNode named = members.get("table");
            JsonNode on = members.get("on");
            if (named == null || on == null || !MEMBERS.containsAll(members.keySet())) {
                throw given.refused(
                        what + " must have a table and on, perhaps where and through, and nothing else, was " + at);
            }
            at = members.get("through");
            String nearer = at == null ? Identifier.quote(own.name()) : "sluice_through_" + (tables.size() + 1);
            TableName table = TableName.parse(given.text("the table of " + what, named));
            tables.add(table.quoted() + " " + alias);
            conditions.addAll(equalities(given, what, on, alias, nearer));
            JsonNode where = members.get("where");
            if (where != null) {
                conditions.add(new Expression(given.text("where of " + what, where)).inParentheses());
            }
            alias = nearer;
        }
        return "from " + String.join(", ", tables) + " where "
                + conditions.stream().collect(joining(" and "));
    }

    private static List<String> equalities(Given given, String what, JsonNode on, String alias, String nearer) {
        Map<String, String> pairs = new LinkedHashMap<>();
        given.members("on of " + what, on)
                .forEach((column, own) -> pairs.put(column, given.text("each column of on of " + what, own)));
        if (pairs.isEmpty()) {
            throw given.refused("on of " + what + " must name columns, was " + on);
        }
        return pairs.entrySet().stream()
                .map(it -> alias + "." + Identifier.quote(it.getKey()) + " = " + nearer + "."
                        + Identifier.quote(it.getValue()))
                .toList();
    }
}
