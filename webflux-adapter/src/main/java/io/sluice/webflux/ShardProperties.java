package io.sluice.webflux;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.shard.Shard;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * One database to work on. Its connections are the engine's own, so the application's pool never waits for a migration.
 *
 * @param url Address of the database, r2dbc:postgresql://host:port/name. Unless it is given, the application's own database.
 * @param username User, where the address does not say it.
 * @param password Password of the user, where the address does not say it.
 * @param directUrl Address that leads to the server itself, where "url" leads through a pooler: for LISTEN and concurrent builds. It
 *     takes the same user.
 * @param behindProxy Whether "url" leads through a transaction-pooling proxy. Without a direct address the shard is polled then.
 * @param ledgerSchema Schema that holds the ledger.
 * @param pool Connections that are kept for short statements.
 */
public record ShardProperties(
        @Nullable String url,
        @Nullable String username,
        @Nullable String password,
        @Nullable String directUrl,
        @DefaultValue("false") boolean behindProxy,
        @DefaultValue(Shard.DEFAULT_LEDGER_SCHEMA) String ledgerSchema,
        @NestedConfigurationProperty @DefaultValue PoolProperties pool) {

    /**
     * The shard as the engine takes it.
     *
     * @param applications the application's connections; null where it has none, or several
     */
    Shard shard(String name, @Nullable ConnectionFactory applications) {
        String property = "sluice.shards." + name;
        if (url == null && directUrl == null && (username != null || password != null)) {
            throw new InvalidConfigurationPropertyValueException(
                    // who fails for the password must not have it printed by its name
                    username == null ? property : property + ".username",
                    username,
                    "without " + property
                            + ".url it would have no effect: the shard is the application's own database, and its"
                            + " user that of the application");
        }
        ConnectionFactory work = url == null ? applications : connections(property, "url", url);
        if (work == null) {
            throw new InvalidConfigurationPropertyValueException(
                    property + ".url", null, "it is needed where the application has not just one ConnectionFactory");
        }
        Shard shard = Setting.of(
                property,
                name,
                it -> behindProxy || directUrl != null ? Shard.behindProxy(name, work) : Shard.of(name, work));
        Shard direct = directUrl == null ? shard : shard.withDirect(connections(property, "direct-url", directUrl));
        return Setting.of(property + ".ledger-schema", ledgerSchema, direct::withLedgerSchema)
                .withPool(pool.settings(property + ".pool"));
    }

    private ConnectionFactory connections(String group, String property, String address) {
        return Setting.ofAddress(group, property, address, it -> {
            ConnectionFactoryOptions.Builder options =
                    ConnectionFactoryOptions.parse(it).mutate();
            if (username != null) {
                options.option(ConnectionFactoryOptions.USER, username);
            }
            if (password != null) {
                options.option(ConnectionFactoryOptions.PASSWORD, password);
            }
            return ConnectionFactories.get(options.build());
        });
    }

    @Override
    public String toString() {
        // a record would print the password
        return "ShardProperties[ledgerSchema=" + ledgerSchema + "]";
    }
}
