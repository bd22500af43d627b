package io.sluice.webflux.api;

import io.sluice.data.builtin.BackfillColumn;
import io.sluice.data.builtin.CopyColumn;
import io.sluice.data.builtin.DeleteAssociatedRecords;
import io.sluice.data.builtin.DeleteOrphanedRecords;
import io.sluice.data.builtin.PerformActionOnRelation;
import io.sluice.data.builtin.ResetCounters;
import io.sluice.schema.SchemaMigration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What may be enqueued over HTTP: what the application declares, and what is ready-made if it says so. Tables, conditions and statements
 * of the latter come with the order, so whoever may give one can do what the user of the database can.
 */
final class Orderable {

    private static final Set<String> READY_MADE = Set.of(
            BackfillColumn.NAME,
            CopyColumn.NAME,
            DeleteAssociatedRecords.NAME,
            DeleteOrphanedRecords.NAME,
            PerformActionOnRelation.NAME,
            ResetCounters.NAME);

    private final Map<String, SchemaMigration> declared = new TreeMap<>();
    private final boolean readyMade;

    Orderable(Iterable<SchemaMigration> beans, boolean readyMade) {
        for (SchemaMigration it : beans) {
            if (declared.put(it.name(), it) != null) {
                throw new IllegalStateException(
                        "two schema migrations are named '" + it.name() + "'; give one bean, or other names");
            }
        }
        this.readyMade = readyMade;
    }

    /** Whether a bean is a schema migration of this name. */
    boolean hasSchemaMigration(String name) {
        return declared.containsKey(name);
    }

    /** Throws {@link IllegalArgumentException} when there is none of that name. */
    SchemaMigration schemaMigration(String name) {
        SchemaMigration migration = declared.get(name);
        if (migration == null) {
            throw new IllegalArgumentException("schema migration '" + name + "' is not declared here; declared are "
                    + new TreeSet<>(declared.keySet()));
        }
        return migration;
    }

    /** Throws {@link RefusedException} for a data migration that is ready-made, where that is not allowed. */
    void requireDeclared(String name) {
        if (READY_MADE.contains(name)) {
            requireReadyMade();
        }
    }

    /** Throws {@link RefusedException} where only what is declared may be enqueued. */
    void requireReadyMade() {
        if (!readyMade) {
            throw new RefusedException("only declared migrations may be enqueued over HTTP; whoever runs this"
                    + " application sets sluice.web.ready-made=true, or declares it");
        }
    }
}
