package io.sluice.data.builtin;

import static java.util.stream.Collectors.joining;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * Deletes the rows that lack all of the listed related rows. A reference that is NULL leads to no row, so it is lacking; spare
 * such rows by {@link #where} if they may be there.
 *
 * <p>Arguments: {@code ["app.comments", [{"table": "app.posts", "on": {"id": "post_id"}}]]}: the table, the {@link RelatedRows},
 * and perhaps options: {@code where} and {@code by}.
 */
public final class DeleteOrphanedRecords implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "DeleteOrphanedRecords";

    private static final String SHAPE =
            "[\"table\", [{table, on: {\"its column\": \"own column\"}, where, through}], {where, by}]";

    private final String table;
    private final List<Options> related;
    private final Options options;

    private DeleteOrphanedRecords(String table, List<Options> related, Options options) {
        this.table = table;
        this.related = List.copyOf(related);
        this.options = options;
    }

    /**
     * Of this table.
     *
     * @param table as in SQL: {@code comments}, {@code app.comments}, {@code "Order Items"}
     */
    public static DeleteOrphanedRecords of(String table) {
        TableName.parse(table);
        return new DeleteOrphanedRecords(table, List.of(), Options.NONE);
    }

    /** Rows that have none of these; said more than once, none of any of them. */
    public DeleteOrphanedRecords lacking(RelatedRows rows) {
        List<Options> more = new ArrayList<>(related);
        more.add(rows.options());
        return new DeleteOrphanedRecords(table, more, options);
    }

    /** Only rows for which this SQL condition holds. */
    public DeleteOrphanedRecords where(String condition) {
        return new DeleteOrphanedRecords(table, related, options.with("where", condition));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public DeleteOrphanedRecords by(String index) {
        return new DeleteOrphanedRecords(table, related, options.with("by", index));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, related);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, DeleteOrphanedRecords::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 2);
        Source source = given.source();
        JsonNode related = given.at(1);
        if (!related.isArray() || related.isEmpty()) {
            throw given.refused(
                    "argument 1, the related rows that are lacking, must be an array of them, was " + related);
        }
        return Deletion.of(
                source,
                IntStream.range(0, related.size())
                        .mapToObj(i -> "not exists (select "
                                + RelatedRows.sql(given, "related rows " + i, related.get(i), source.table()) + ")")
                        .collect(joining(" and ", "(", ")")));
    }
}
