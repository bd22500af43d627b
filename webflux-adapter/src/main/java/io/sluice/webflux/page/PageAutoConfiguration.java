package io.sluice.webflux.page;

import io.sluice.Sluice;
import io.sluice.webflux.SluiceProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Serves the live page under the base path. */
@AutoConfiguration(afterName = "io.sluice.webflux.SluiceAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBean(Sluice.class)
@ConditionalOnProperty(
        name = {"sluice.web.enabled", "sluice.web.page"},
        matchIfMissing = true)
@EnableConfigurationProperties(SluiceProperties.class)
class PageAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "sluicePage")
    RouterFunction<ServerResponse> sluicePage(SluiceProperties properties) {
        return PageFiles.routes(properties.web().basePath());
    }
}
