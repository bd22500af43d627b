package io.sluice.webflux;

import io.sluice.Sluice;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The health of the shards, and the endpoint {@code sluice}, where the application has the actuator. */
@AutoConfiguration(after = SluiceAutoConfiguration.class)
@ConditionalOnBean(Sluice.class)
class ActuatorAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    @ConditionalOnEnabledHealthIndicator("sluice")
    static class OfHealth {

        @Bean
        @ConditionalOnMissingBean(name = "sluiceHealthIndicator")
        ReactiveHealthIndicator sluiceHealthIndicator(Sluice sluice) {
            return new SluiceHealthIndicator(sluice);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
    @ConditionalOnAvailableEndpoint(SluiceEndpoint.class)
    static class OfEndpoint {

        @Bean
        @ConditionalOnMissingBean(name = "sluiceEndpoint")
        SluiceEndpoint sluiceEndpoint(Sluice sluice) {
            return new SluiceEndpoint(sluice);
        }
    }
}
