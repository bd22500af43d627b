package io.sluice.webflux;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What {@code application.yml} says of Sluice. Each group is one settings record of the engine, name by name, with its defaults and
 * its ranges. A name that there is not stops the start: a typo must not pass for a setting.
 *
 * @param enabled Whether there is a Sluice at all.
 * @param installOnStart Whether the ledgers are installed or upgraded when the application starts. A database that is down is
 *     tried again until it answers; the start waits 20 seconds for it at most.
 * @param inline Whether orders run in the caller, to their end: for development and tests. Unless it is given, true when the profile
 *     "dev" or "test" is active.
 * @param instance Name of this instance in leases and events; made up unless it is given.
 * @param keepMessages Whether messages of errors are kept with the values of rows that they quote.
 * @param shards Databases by name. Without any, the application's connection factory is the shard "primary".
 * @param migrations Settings of declared migrations, by the name of the migration.
 */
@ConfigurationProperties(prefix = "sluice", ignoreUnknownFields = false)
public record SluiceProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("true") boolean installOnStart,
        @Nullable Boolean inline,
        @Nullable String instance,
        @DefaultValue("false") boolean keepMessages,
        @DefaultValue Map<String, ShardProperties> shards,
        @DefaultValue Map<String, BatchProperties> migrations,
        @NestedConfigurationProperty @DefaultValue WorkerProperties worker,
        @NestedConfigurationProperty @DefaultValue BudgetProperties budget,
        @NestedConfigurationProperty @DefaultValue DataProperties data,
        @NestedConfigurationProperty @DefaultValue SchemaProperties schema,
        @NestedConfigurationProperty @DefaultValue AttemptsProperties attempts,
        @NestedConfigurationProperty @DefaultValue RetentionProperties retention,
        @NestedConfigurationProperty @DefaultValue WebProperties web) {}
