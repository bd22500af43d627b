package io.sluice.webflux.api;

import io.sluice.EnqueueSchema;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.schema.SchemaMigration;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/**
 * A schema migration that is to be enqueued: by the name of one that is a bean, or by operation, table and definition, as plain SQL
 * gives it.
 *
 * @param definition a JSON object with the options of the operation
 * @param shards on these only; absent: on all
 * @param statementTimeoutMillis longest statement; 0: without a limit
 * @param lockBudgetMillis longest time of asking for a lock
 * @param delayed waits for approve
 * @param again begins a new run where the last one is over, whatever the catalog says
 */
@Wire
record SchemaOrder(
        @Nullable String kind,
        @Nullable String name,
        @Nullable String operation,
        @Nullable String table,
        @Nullable JsonNode definition,
        @Nullable List<String> shards,
        @Nullable Long statementTimeoutMillis,
        @Nullable Long lockBudgetMillis,
        @Nullable Integer maxAttempts,
        @Nullable Boolean delayed,
        @Nullable Boolean again)
        implements Order {

    @Override
    public Flux<Enqueued> enqueue(Sluice sluice, Orderable orderable) {
        return sluice.schema().enqueue(toEnqueue(migration(orderable)));
    }

    private SchemaMigration migration(Orderable orderable) {
        if (name != null && operation == null) {
            return orderable.schemaMigration(name);
        }
        if (name != null || operation == null || table == null) {
            throw new IllegalArgumentException(
                    "either name is needed, that of a declared schema migration, or operation and table");
        }
        orderable.requireReadyMade();
        return SchemaMigration.of(operation, table, definition == null ? "{}" : definition.toString());
    }

    private EnqueueSchema toEnqueue(SchemaMigration migration) {
        EnqueueSchema order = EnqueueSchema.of(migration);
        if (shards != null) {
            order = order.shards(shards.toArray(String[]::new));
        }
        if (statementTimeoutMillis != null) {
            order = order.statementTimeout(Duration.ofMillis(statementTimeoutMillis));
        }
        if (lockBudgetMillis != null) {
            order = order.lockBudget(Duration.ofMillis(lockBudgetMillis));
        }
        if (maxAttempts != null) {
            order = order.maxAttempts(maxAttempts);
        }
        if (Boolean.TRUE.equals(delayed)) {
            order = order.delayed();
        }
        return Boolean.TRUE.equals(again) ? order.again() : order;
    }
}
