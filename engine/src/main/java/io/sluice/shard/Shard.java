package io.sluice.shard;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.sql.Identifier;
import io.sluice.sql.PoolSettings;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A named PostgreSQL database, as its user declares it. The name is for people and for ids; it must stay the same over
 * restarts. The ledger lives in the same database, in a schema of its own.
 *
 * @param name letters, digits, dot, dash and underscore
 * @param work connections for all ordinary work; may lead through a transaction-pooling proxy
 * @param direct connections to the server itself, for LISTEN and for concurrent builds; null: Sluice polls
 * @param ledgerSchema schema that holds the ledger, {@code sluice} unless said otherwise
 * @param pool what is kept for short statements, from each of the two
 */
public record Shard(
        String name,
        ConnectionFactory work,
        @Nullable ConnectionFactory direct,
        String ledgerSchema,
        PoolSettings pool) {

    /** The schema of the ledger unless said otherwise. */
    public static final String DEFAULT_LEDGER_SCHEMA = "sluice";

    public Shard {
        if (!name.matches("[A-Za-z0-9._-]{1,63}")) {
            throw new IllegalArgumentException(
                    "shard name must be 1..63 of letters, digits, '.', '-' and '_', was '" + name + "'");
        }
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(pool, "pool");
        Identifier.quote(ledgerSchema);
    }

    /** A shard whose connections go straight to the server: they serve LISTEN too. */
    public static Shard of(String name, ConnectionFactory connections) {
        return new Shard(name, connections, connections, DEFAULT_LEDGER_SCHEMA, PoolSettings.DEFAULTS);
    }

    /** A shard that is reached through a transaction-pooling proxy; without {@link #withDirect} it is polled. */
    public static Shard behindProxy(String name, ConnectionFactory connections) {
        return new Shard(name, connections, null, DEFAULT_LEDGER_SCHEMA, PoolSettings.DEFAULTS);
    }

    public Shard withDirect(ConnectionFactory connections) {
        return new Shard(name, work, connections, ledgerSchema, pool);
    }

    public Shard withLedgerSchema(String schema) {
        return new Shard(name, work, direct, schema, pool);
    }

    public Shard withPool(PoolSettings settings) {
        return new Shard(name, work, direct, ledgerSchema, settings);
    }
}
