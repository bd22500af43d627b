package io.sluice.webflux;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.shard.Shard;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;

/**
 * Where the shards come from: beans, then properties, then the application's own database. The engine takes the factory out of
 * the application's pool and has a small pool of its own, so the application never waits for a connection because of a migration.
 */
final class DeclaredShards {

    /** Name of the shard that nobody named. */
    static final String PRIMARY = "primary";

    private DeclaredShards() {}

    static List<Shard> of(
            SluiceProperties properties,
            ObjectProvider<Shard> beans,
            ObjectProvider<ConnectionFactory> applications,
            Environment environment) {
        List<Shard> declared = beans.orderedStream().toList();
        if (!declared.isEmpty()) {
            refuseBoth(properties, declared);
            return declared;
        }
        boolean several = applications.stream().count() > 1;
        ConnectionFactory unique = applications.getIfUnique();
        ConnectionFactory own = unique == null && !several ? SpringR2dbc.connections(environment) : unique;
        if (!properties.shards().isEmpty()) {
            return properties.shards().entrySet().stream()
                    .map(it -> it.getValue().shard(it.getKey(), own))
                    .toList();
        }
        if (own == null) {
            throw new InvalidConfigurationPropertyValueException(
                    "sluice.shards",
                    null,
                    several
                            ? "the application has several ConnectionFactory beans: make one of them @Primary, or give"
                                    + " sluice.shards.<name>.url for each shard, or beans of type Shard"
                            : "Sluice has no database: give spring.r2dbc.url, or sluice.shards.<name>.url for each shard, or beans of"
                                    + " type Shard; or sluice.enabled=false");
        }
        return List.of(Shard.of(PRIMARY, own));
    }

    private static void refuseBoth(SluiceProperties properties, List<Shard> declared) {
        properties.shards().keySet().stream().findFirst().ifPresent(name -> {
            throw new InvalidConfigurationPropertyValueException(
                    "sluice.shards." + name,
                    name,
                    "it would have no effect, as the application has beans of type Shard: "
                            + declared.stream().map(Shard::name).toList() + "; give all shards as beans, or all as"
                            + " properties");
        });
    }
}
