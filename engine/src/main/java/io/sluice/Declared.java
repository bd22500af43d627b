package io.sluice;

import io.sluice.data.DataMigration;
import io.sluice.run.BatchSettings;
import io.sluice.run.RunId;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** What this instance was built with: its shards, its migrations, and which of them are for which. */
final class Declared {

    /** Shards that are asked at one time. */
    static final int CONCURRENCY = 16;

    private final Map<String, ShardOffice> offices;
    private final Map<String, DataMigration> migrations;

    Declared(Map<String, ShardOffice> offices, Map<String, DataMigration> migrations) {
        this.offices = offices;
        this.migrations = migrations;
    }

    /** In the order of their declaration. */
    Collection<ShardOffice> shards() {
        return offices.values();
    }

    Set<String> shardNames() {
        return Collections.unmodifiableSet(offices.keySet());
    }

    /** Throws {@link ConfigurationException} when there is none of that name. */
    ShardOffice shard(String name) {
        ShardOffice office = offices.get(name);
        if (office == null) {
            throw new ConfigurationException("there is no shard '" + name + "'; there are " + offices.keySet());
        }
        return office;
    }

    /** The shard of a run, when its ledger can be used. */
    Mono<ShardOffice> at(RunId run) {
        return Mono.fromSupplier(() -> shard(run.shard()))
                .flatMap(office -> office.ready().thenReturn(office));
    }

    /** Throws {@link ConfigurationException} when there is none of that name. */
    DataMigration migration(String name) {
        DataMigration migration = migrations.get(name);
        if (migration == null) {
            throw new ConfigurationException("migration '" + name + "' is not declared here; declared are "
                    + new TreeSet<>(migrations.keySet()));
        }
        return migration;
    }

    /** Names of the shards that a migration is declared for, in their order; empty where it is not declared here. */
    Set<String> membersOf(String migration) {
        DataMigration found = migrations.get(migration);
        return found == null
                ? Set.of()
                : shardsOf(found, Set.of()).stream()
                        .map(ShardOffice::name)
                        .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What holds where a run says nothing itself; one that is not declared here gets the defaults. */
    BatchSettings settings(String migration) {
        DataMigration found = migrations.get(migration);
        return found == null ? BatchSettings.DEFAULTS : found.settings();
    }

    /** These shards, in the order of their declaration; all of them where none is named. */
    List<ShardOffice> shards(Set<String> wanted) {
        wanted.forEach(this::shard);
        return offices.values().stream()
                .filter(it -> wanted.isEmpty() || wanted.contains(it.name()))
                .toList();
    }

    /**
     * The shards of a migration, in the order of their declaration.
     *
     * @param wanted names of some of them; empty: all that it is declared for
     */
    List<ShardOffice> shardsOf(DataMigration migration, Set<String> wanted) {
        Set<String> declared = migration.shards().isEmpty() ? offices.keySet() : migration.shards();
        for (String name : wanted) {
            if (!declared.contains(shard(name).name())) {
                throw new ConfigurationException("migration '" + migration.name() + "' is not declared for shard '"
                        + name + "', only for " + declared);
            }
        }
        Set<String> named = wanted.isEmpty() ? declared : wanted;
        return offices.values().stream().filter(it -> named.contains(it.name())).toList();
    }
}
