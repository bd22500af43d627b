package io.sluice.webflux;

import io.sluice.data.DataMigration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** The migrations that are declared as beans, with the settings that properties give them. */
final class DeclaredMigrations {

    private DeclaredMigrations() {}

    static List<DataMigration> of(SluiceProperties properties, List<DataMigration> beans) {
        Set<String> names = beans.stream().map(DataMigration::name).collect(Collectors.toCollection(TreeSet::new));
        for (String name : properties.migrations().keySet()) {
            if (!names.contains(name)) {
                throw new InvalidConfigurationPropertyValueException(
                        "sluice.migrations." + name,
                        name,
                        "no migration of this name is declared as a bean; there are " + names);
            }
        }
        return beans.stream()
                .map(it -> {
                    BatchProperties given = properties.migrations().get(it.name());
                    return given == null ? it : it.with(declared -> given.over(declared, it.name()));
                })
                .toList();
    }
}
