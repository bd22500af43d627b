package io.sluice.webflux;

import io.sluice.Sluice;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.DispatcherHandler;

/** Makes a {@link Sluice} of the application's beans and properties, unless the application has its own, and runs its
 * workers. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass(DispatcherHandler.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(name = "sluice.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SluiceProperties.class)
class SluiceAutoConfiguration {

    /** One with the other: a Sluice that the application makes is for the application to install, to start and to close. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(Sluice.class)
    static class WithoutAnother {

        /** Closed by the lifecycle, which waits for it. */
        @Bean(destroyMethod = "")
        Sluice sluice(SluiceProperties properties, ListableBeanFactory beans, Environment environment) {
            return new Assembly(properties, beans, environment).builder().build();
        }

        @Bean
        SluiceLifecycle sluiceLifecycle(Sluice sluice, SluiceProperties properties) {
            return new SluiceLifecycle(
                    sluice, properties.installOnStart(), properties.worker().enabled());
        }
    }
}
