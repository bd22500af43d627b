package io.sluice.webflux;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.data.DataMigration;
import io.sluice.event.ErrorHandler;
import io.sluice.event.SluiceMetrics;
import io.sluice.lock.LockRetrier;
import io.sluice.shard.Shard;
import io.sluice.throttle.Throttle;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.util.ClassUtils;
import reactor.core.publisher.Flux;

/** Puts a Sluice together of what the application says in properties and in beans. */
final class Assembly {

    private static final String MICROMETER = "io.micrometer.core.instrument.MeterRegistry";

    private final SluiceProperties properties;
    private final ListableBeanFactory beans;
    private final Environment environment;

    Assembly(SluiceProperties properties, ListableBeanFactory beans, Environment environment) {
        this.properties = properties;
        this.beans = beans;
        this.environment = environment;
    }

    SluiceBuilder builder() {
        SluiceBuilder builder = Sluice.builder()
                .worker(properties.worker().settings())
                .budget(properties.budget().budget())
                .data(properties.data().settings())
                .schema(properties
                        .schema()
                        .settings(beans.getBeanProvider(LockRetrier.class).getIfAvailable()))
                .attempts(properties.attempts().policy())
                .retention(properties.retention().settings());
        DeclaredShards.of(
                        properties,
                        beans.getBeanProvider(Shard.class),
                        beans.getBeanProvider(ConnectionFactory.class),
                        environment)
                .forEach(builder::shard);
        // beans of further kinds, as the engine gets them, have their place here
        DeclaredMigrations.of(properties, all(DataMigration.class).toList()).forEach(builder::migrations);
        throttle(builder, all(Throttle.class).toList());
        errors(builder, all(ErrorHandler.class).toList());
        if (ClassUtils.isPresent(MICROMETER, getClass().getClassLoader())) {
            beans.getBeanProvider(SluiceMetrics.class).ifUnique(builder::metrics);
        }
        if (properties.keepMessages()) {
            builder.keepMessages();
        }
        if (isInline()) {
            builder.inline();
        }
        String instance = properties.instance();
        if (instance != null) {
            builder.instance(instance);
        }
        all(SluiceBuilderCustomizer.class).forEach(it -> it.customize(builder));
        return builder;
    }

    private <T> Stream<T> all(Class<T> type) {
        return beans.getBeanProvider(type).orderedStream();
    }

    private static void throttle(SluiceBuilder builder, List<Throttle> all) {
        if (!all.isEmpty()) {
            builder.throttle(all.toArray(Throttle[]::new));
        }
    }

    /** One after the other, each with its turn whatever came of the one before. */
    private static void errors(SluiceBuilder builder, List<ErrorHandler> all) {
        if (!all.isEmpty()) {
            builder.errors((error, run) -> Flux.fromIterable(all).concatMapDelayError(it -> it.handle(error, run)));
        }
    }

    private boolean isInline() {
        Boolean given = properties.inline();
        return given == null ? environment.acceptsProfiles(Profiles.of("dev", "test")) : given;
    }
}
