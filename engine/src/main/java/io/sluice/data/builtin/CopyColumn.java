package io.sluice.data.builtin;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Copies one or several columns into others of the same row, as they are or through a cast. A row on which every copy agrees,
 * both NULL included, is not touched.
 *
 * <p>Arguments: {@code ["app.users", "name", "full_name"]}, or {@code ["app.users", ["name", "born"], ["full_name", "born_on"],
 * {"casts": {"full_name": {"function": "upper"}, "born_on": {"expression": "born::date"}}}]}: the table, what is copied, into
 * what, and perhaps options: {@code casts} by the column that is copied into, {@code once}, {@code where} and {@code by}.
 */
public final class CopyColumn implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "CopyColumn";

    private static final String SHAPE = "[\"table\", \"from\" or [\"from\", …], \"to\" or [\"to\", …],"
            + " {casts: {\"to\": {function} or {expression}}, once, where, by}]";

    private final String table;
    private final List<String> from;
    private final List<String> to;
    private final Options options;

    private CopyColumn(String table, List<String> from, List<String> to, Options options) {
        this.table = table;
        this.from = List.copyOf(from);
        this.to = List.copyOf(to);
        this.options = options;
    }

    /**
     * Of this table.
     *
     * @param table as in SQL: {@code users}, {@code app.users}, {@code "Order Items"}
     */
    public static CopyColumn of(String table) {
        TableName.parse(table);
        return new CopyColumn(table, List.of(), List.of(), Options.NONE);
    }

    /** Copies a column into another, converted as an assignment converts; both by their exact names. */
    public CopyColumn column(String from, String to) {
        List<String> more = new ArrayList<>(this.from);
        more.add(from);
        List<String> into = new ArrayList<>(this.to);
        into.add(to);
        return new CopyColumn(table, more, into, options);
    }

    /** Copies a column into another through a cast. */
    public CopyColumn column(String from, String to, Cast cast) {
        return column(from, to).with(options.with("casts", to, cast.options()));
    }

    /** As {@link BackfillColumn#once(boolean)}. By itself so where a cast reads a column that is copied into. */
    public CopyColumn once(boolean once) {
        return with(options.with("once", once));
    }

    /** Only of rows for which this SQL condition holds. */
    public CopyColumn where(String condition) {
        return with(options.with("where", condition));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public CopyColumn by(String index) {
        return with(options.with("by", index));
    }

    private CopyColumn with(Options more) {
        return new CopyColumn(table, from, to, more);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, from.size() == 1 ? from.get(0) : from, to.size() == 1 ? to.get(0) : to);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, CopyColumn::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 3, "casts", "once");
        Source source = given.source();
        List<String> from = given.texts("argument 1, what is copied,", given.at(1));
        List<String> to = given.texts("argument 2, what is copied into,", given.at(2));
        Map<String, JsonNode> casts = given.members("casts");
        Boolean once = given.flag("once");
        requirePairs(given, from, to, casts.keySet());
        casts.forEach((column, cast) -> cast(given, column, cast, "null")); // its shape, before anybody asks a database
        return Work.sql(source.table(), columns -> {
            Assignments set = new Assignments(columns, false);
            for (int i = 0; i < to.size(); i++) {
                String value = Assignments.own(columns, columns.column(from.get(i)));
                JsonNode cast = casts.get(to.get(i));
                set.expression(to.get(i), new Expression(cast == null ? value : cast(given, to.get(i), cast, value)));
            }
            return set.update(source, null, once);
        });
    }

    private static void requirePairs(Given given, List<String> from, List<String> to, Set<String> casts) {
        if (from.size() != to.size()) {
            throw given.refused(from.size() + " columns are copied into " + to.size());
        }
        Set<String> distinct = new HashSet<>(to);
        if (distinct.size() < to.size()) {
            throw given.refused("a column is copied into twice, in " + to);
        }
        if (from.stream().anyMatch(distinct::contains)) {
            throw given.refused("a column is copied and copied into, in " + from + " and " + to
                    + "; the second copy would not be of what was there: enqueue one after the other");
        }
        if (!distinct.containsAll(casts)) {
            throw given.refused("casts are named by the column that is copied into, " + to + ", were for " + casts);
        }
    }

    private static String cast(Given given, String column, JsonNode cast, String value) {
        String what = "the cast for '" + column + "'";
        Map<String, JsonNode> members = given.members(what, cast);
        JsonNode function = members.get("function");
        JsonNode expression = members.get("expression");
        if (members.size() == 1 && function != null) {
            return TableName.parse(given.text(what, function)).quoted() + "(" + value + ")";
        }
        if (members.size() == 1 && expression != null) {
            return given.text(what, expression);
        }
        throw given.refused(what + " must be a function or an expression, was " + cast);
    }
}
