package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceMetrics;
import io.sluice.shard.Shard;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

/** What is configured when. No database answers here, and the application starts all the same. */
class AutoConfigurationTest {

    private static final String NOWHERE = "r2dbc:postgresql://nobody@127.0.0.1:1/nothing";

    private static final AutoConfigurations OURS = AutoConfigurations.of(
            io.sluice.webflux.MetricsAutoConfiguration.class,
            SluiceAutoConfiguration.class,
            ActuatorAutoConfiguration.class);

    private final ReactiveWebApplicationContextRunner bare =
            new ReactiveWebApplicationContextRunner().withConfiguration(OURS);

    private final ReactiveWebApplicationContextRunner application = bare.withUserConfiguration(Application.class);

    @Configuration(proxyBeanMethods = false)
    static class Application {

        @Bean
        ConnectionFactory connectionFactory() {
            return ConnectionFactories.get(NOWHERE);
        }

        @Bean
        DataMigration fill() {
            return DataMigration.of("fill", Work.sql(Source.table("items"), "update items set n = 1 where {batch}"));
        }
    }

    @Test
    void anApplicationWithADatabaseHasASluiceWithOneShard() {
        application.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(Sluice.class).hasSingleBean(SluiceLifecycle.class);
            assertThat(context.getBean(Sluice.class).shards()).containsExactly("primary");
            assertThat(context.getBean(SluiceLifecycle.class).isRunning()).isTrue();
        });
    }

    @Test
    void nothingIsActiveWhereItIsSwitchedOff() {
        application
                .withPropertyValues("sluice.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Sluice.class));
    }

    @Test
    void nothingIsActiveOutsideOfWebFlux() {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withUserConfiguration(Application.class)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Sluice.class));
        application
                .withClassLoader(new FilteredClassLoader("org.springframework.web.reactive"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Sluice.class));
    }

    @Test
    void itBacksOffBeforeASluiceOfTheApplication() {
        Sluice own =
                Sluice.builder().shard("own", ConnectionFactories.get(NOWHERE)).build();

        application.withBean("own", Sluice.class, () -> own).run(context -> {
            assertThat(context.getBean(Sluice.class)).isSameAs(own);
            assertThat(context)
                    .as("whoever makes it installs, starts and closes it")
                    .doesNotHaveBean(SluiceLifecycle.class);
        });
    }

    @Test
    void metersAndHealthBackOffBeforeThoseOfTheApplication() {
        SluiceMetrics meters = SluiceMetrics.of(new SimpleMeterRegistry());

        application
                .withBean("simple", MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(SluiceMetrics.class, () -> meters)
                .withBean("sluiceHealthIndicator", ReactiveHealthIndicator.class, () -> () -> Mono.empty())
                .run(context -> {
                    assertThat(context.getBean(SluiceMetrics.class)).isSameAs(meters);
                    assertThat(context.getBean(ReactiveHealthIndicator.class))
                            .isNotInstanceOf(SluiceHealthIndicator.class);
                });
    }

    /** The adapter alone is enough: the module of Spring Boot that reads these is not needed. */
    @Test
    void theDatabaseMayBeSaidAsSpringSaysIt() {
        bare.withPropertyValues(
                        "spring.r2dbc.url=r2dbc:postgresql://127.0.0.1:1/nothing",
                        "spring.r2dbc.username=nobody",
                        "spring.r2dbc.properties.application-name=shop")
                .run(context ->
                        assertThat(context.getBean(Sluice.class).shards()).containsExactly("primary"));
    }

    @Test
    void ofSeveralDatabasesOneMustBeChosen() {
        application
                .withBean("second", ConnectionFactory.class, () -> ConnectionFactories.get(NOWHERE))
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .extracting(it -> ((InvalidConfigurationPropertyValueException) it).getReason())
                        .asString()
                        .contains("several", "@Primary"));
    }

    @Test
    void whoHasNoDatabaseIsToldWhatToGive() {
        bare.run(context -> assertThat(context.getStartupFailure())
                .rootCause()
                .hasMessageContaining("sluice.shards")
                .extracting(it -> ((InvalidConfigurationPropertyValueException) it).getReason())
                .asString()
                .contains("spring.r2dbc.url", "sluice.shards.<name>.url", "sluice.enabled=false"));
    }

    @Test
    void shardsComeFromProperties() {
        bare.withPropertyValues(
                        "sluice.shards.shop-1.url=" + NOWHERE,
                        "sluice.shards.shop-1.username=me",
                        "sluice.shards.shop-1.password=secret",
                        "sluice.shards.shop-2.url=" + NOWHERE,
                        "sluice.shards.shop-2.direct-url=" + NOWHERE)
                .run(context -> {
                    assertThat(context.getBean(Sluice.class).shards()).containsExactly("shop-1", "shop-2");
                    assertThat(context.getBean(SluiceProperties.class).toString())
                            .doesNotContain("secret");
                });
    }

    @Test
    void aShardWithoutAnAddressIsTheDatabaseOfTheApplication() {
        application
                .withPropertyValues("sluice.shards.mine.behind-proxy=true", "sluice.shards.other.url=" + NOWHERE)
                .run(context ->
                        assertThat(context.getBean(Sluice.class).shards()).containsExactly("mine", "other"));
        bare.withPropertyValues("sluice.shards.mine.behind-proxy=true")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining("sluice.shards.mine.url"));
    }

    @Test
    void shardsMayBeBeans() {
        application
                .withBean("a", Shard.class, () -> Shard.of("a", ConnectionFactories.get(NOWHERE)))
                .run(context ->
                        assertThat(context.getBean(Sluice.class).shards()).containsExactly("a"));
    }

    @Test
    void shardsAreBeansOrPropertiesAndNotBoth() {
        application
                .withBean("a", Shard.class, () -> Shard.of("a", ConnectionFactories.get(NOWHERE)))
                .withPropertyValues("sluice.shards.b.url=" + NOWHERE)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining("sluice.shards.b")
                        .extracting(it -> ((InvalidConfigurationPropertyValueException) it).getReason())
                        .asString()
                        .contains("no effect", "[a]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://me:secret@db/shop",
                "r2dbc:postgresql://me:top%secret@db/shop",
                "r2dbc:postgresql://me:top secret@db/shop",
                "r2dbc:elsewhere://me:secret@db/shop",
                "me:secret@db",
            })
    void whatIsWrongWithAnAddressIsSaidWithoutItsPassword(String address) {
        for (String property : address.startsWith("jdbc:")
                ? List.of("sluice.shards.a.url", "sluice.shards.a.direct-url", "spring.r2dbc.url")
                : List.of("sluice.shards.a.url")) {
            (property.endsWith("direct-url") ? bare.withPropertyValues("sluice.shards.a.url=" + NOWHERE) : bare)
                    .withPropertyValues(property + "=" + address)
                    .run(context -> {
                        StringWriter told = new StringWriter();
                        context.getStartupFailure().printStackTrace(new PrintWriter(told));
                        assertThat(told.toString())
                                .doesNotContain("secret")
                                .contains(property.substring(0, property.lastIndexOf('.')) + " ")
                                .contains("url must be an address like");
                    });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.worker.lease, 1ms, lease must be",
        "sluice.worker.watch, 1m, watch interval must be",
        "sluice.worker.idle-poll, 2h, idle poll interval must be",
        "sluice.worker.data-runs, 0, data runs at one time must be",
        "sluice.worker.listeners, -1, listeners must be",
        "sluice.budget.turn, 1ms, turn must be",
        "sluice.budget.looks, 0, looks at one time must be",
        "sluice.web.base-path, sluice/, it must begin with",
        "sluice.data.limits.statement, 1ms, statement timeout must be",
        "sluice.data.limits.lock, 2h, lock timeout must be",
        "sluice.data.limits.idle, 1ms, idle in transaction timeout must be",
        "sluice.data.takeover-patience, 1h, takeover patience must be",
        "sluice.migrations.fill.batch-size, 0, batch size must be",
        "sluice.migrations.fill.sub-batch-size, 0, sub-batch size must be",
        "sluice.migrations.fill.batch-pause, 2d, batch pause must be",
        "sluice.migrations.fill.batch-attempts, 0, batch attempts must be",
        "sluice.migrations.nobody.batch-size, 5, no migration of this name is declared",
        "sluice.shards.mine.pool.max-size, 3, maxSize of the pool must be 4..32",
        "sluice.shards.mine.pool.max-idle-time, 1h, maxIdleTime of the pool must be",
        "sluice.shards.mine.pool.max-acquire-time, 2m, maxAcquireTime of the pool must be",
        "sluice.shards.a.url, nonsense, url must be an address like",
        "sluice.shards.mine.username, migrator, without sluice.shards.mine.url it would have no effect",
        "sluice.shards.mine.password, secret, without sluice.shards.mine.url it would have no effect",
    })
    void aValueThatCannotBeIsRefusedByTheNameOfItsProperty(String property, String value, String reason) {
        application
                .withPropertyValues(property + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, it -> {
                            assertThat(property).startsWith(it.getName());
                            assertThat(it.getReason()).contains(reason);
                            assertThat(it.getMessage()).doesNotContain("secret");
                        }));
    }

    /** Else a pause that was meant to spare the database would never be made, and nobody would know. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sluice.wroker.lease",
                "sluice.worker.leese",
                "sluice.web.contrl",
                "sluice.migrations.fill.batch-paus",
                "sluice.shards.mine.direct-ulr",
                "sluice.shards.mine.pool.size"
            })
    void aNameThatThereIsNotStopsTheStart(String property) {
        application
                .withPropertyValues(property + "=1s")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(UnboundConfigurationPropertiesException.class)
                        .hasMessageContaining(property));
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.data.quarantine.share, 2, sluice.data.quarantine",
        "sluice.data.transient-retries.base, 0ms, sluice.data.transient-retries",
        "sluice.data.batch-retries.max-attempts, 0, sluice.data.batch-retries",
        "sluice.schema.blockers.older-than, 1ms, sluice.schema.blockers",
        "sluice.attempts.longest, 1s, sluice.attempts",
        "sluice.retention.events, -1s, sluice.retention",
        "sluice.migrations.fill.sizing.least, 0, sluice.migrations.fill.sizing",
    })
    void valuesThatDependOnEachOtherAreRefusedByTheNameOfTheirGroup(String property, String value, String group) {
        application
                .withPropertyValues(property + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining(group + " with value"));
    }

    @Test
    void aCustomizerHasTheLastWord() {
        AtomicInteger asked = new AtomicInteger();

        application
                .withBean(SluiceBuilderCustomizer.class, () -> builder -> asked.incrementAndGet())
                .run(context -> assertThat(asked).hasValue(1));
    }

    @Test
    void metersAndObservationsAreUsedWhereThereAreAny() {
        application.run(context -> assertThat(context).doesNotHaveBean(SluiceMetrics.class));
        application
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        ObservationAutoConfiguration.class))
                .withBean("simple", MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(SluiceMetrics.class));
        application
                .withClassLoader(new FilteredClassLoader(MeterRegistry.class))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Sluice.class));
    }

    @Test
    void healthSaysThatADatabaseDoesNotAnswer() {
        application.run(context -> assertThat(
                        context.getBean(ReactiveHealthIndicator.class).health().block())
                .satisfies(health -> {
                    assertThat(health.getStatus().getCode()).isEqualTo("DOWN");
                    assertThat(health.getDetails().get("primary")).asString().contains("trouble");
                }));
        application
                .withPropertyValues("management.health.sluice.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(ReactiveHealthIndicator.class));
    }

    @Test
    void theEndpointIsThereWhereItIsExposed() {
        application
                .withPropertyValues("management.endpoints.web.exposure.include=sluice")
                .run(context -> assertThat(context).hasSingleBean(SluiceEndpoint.class));
        application.run(context -> assertThat(context).doesNotHaveBean(SluiceEndpoint.class));
    }
}
