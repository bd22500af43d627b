package io.sluice.data.builtin;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.Arguments;
import io.sluice.sql.TableName;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Deletes the rows that belong to one parent: those whose foreign key is its key. Triggers and ON DELETE work as in any DELETE.
 *
 * <p>Arguments: {@code ["app.comments", {"author_id": 42}]}: the table of the rows, the foreign key with its value (several
 * columns, if it has them), and perhaps options: {@code where} and {@code by}.
 */
public final class DeleteAssociatedRecords implements ReadyMade {

    /** As a run of it is named. */
    public static final String NAME = "DeleteAssociatedRecords";

    private static final String SHAPE = "[\"table\", {\"foreign key\": value}, {where, by}]";

    private final String table;
    private final Options key;
    private final Options options;

    private DeleteAssociatedRecords(String table, Options key, Options options) {
        this.table = table;
        this.key = key;
        this.options = options;
    }

    /**
     * Of this table.
     *
     * @param table as in SQL: {@code comments}, {@code app.comments}, {@code "Order Items"}
     */
    public static DeleteAssociatedRecords of(String table) {
        TableName.parse(table);
        return new DeleteAssociatedRecords(table, Options.NONE, Options.NONE);
    }

    /**
     * The parent whose rows go; with a key of several columns, once for each.
     *
     * @param column exact name of the column that refers to the parent
     * @param key what it has for this parent, not null
     */
    public DeleteAssociatedRecords belongingTo(String column, Object key) {
        return new DeleteAssociatedRecords(table, this.key.with(column, key), options);
    }

    /** Only rows for which this SQL condition holds. */
    public DeleteAssociatedRecords where(String condition) {
        return new DeleteAssociatedRecords(table, key, options.with("where", condition));
    }

    /** Walks by this unique index (its exact name) instead of the primary key. */
    public DeleteAssociatedRecords by(String index) {
        return new DeleteAssociatedRecords(table, key, options.with("by", index));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Arguments arguments() {
        return options.behind(table, key);
    }

    /** Its declaration. */
    public static DataMigration migration() {
        return DataMigration.of(NAME, DeleteAssociatedRecords::work);
    }

    private static Work work(Arguments arguments) {
        Given given = new Given(SHAPE, arguments, 2);
        Source source = given.source();
        Map<String, JsonNode> key = given.members("argument 1, the foreign key with its value,", given.at(1));
        if (key.isEmpty()) {
            throw given.refused("no column refers to the parent");
        }
        key.forEach((column, value) -> {
            if (value.isNull() || value.isContainer()) {
                throw given.refused("'" + column + "' must have the one value of the parent, was " + value);
            }
        });
        return Work.sql(source.table(), columns -> {
            Bound bound = new Bound();
            return bound.in(Deletion.of(source, Condition.of(columns, key, bound)));
        });
    }
}
