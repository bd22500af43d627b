package io.sluice.webflux;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.shard.Shard;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Where the shards come from: beans, then properties, then the application's own database. The engine takes the factory out of
 * the application's pool and has a small pool of its own, so the application never waits for a connection because of a migration.
 */
final class DeclaredShards {

    /** Name of the shard that nobody named. */
    static final String PRIMARY = "primary";

    private DeclaredShards() {}

    static List<Shard> of(
            SluiceProperties properties, ObjectProvider<Shard> beans, ObjectProvider<ConnectionFactory> applications) {
        List<Shard> declared = beans.orderedStream().toList();
        if (!declared.isEmpty()) {
            return declared;
        }
        ConnectionFactory own = applications.getIfUnique();
        if (!properties.shards().isEmpty()) {
            return properties.shards().entrySet().stream()
                    .map(it -> it.getValue().shard(it.getKey(), own))
                    .toList();
        }
        if (own == null) {
            throw new InvalidConfigurationPropertyValueException(
                    "sluice.shards",
                    null,
                    "Sluice has no database: give spring.r2dbc.url, or sluice.shards.<name>.url for each shard, or beans of"
                            + " type Shard; or sluice.enabled=false");
        }
        return List.of(Shard.of(PRIMARY, own));
    }
}
