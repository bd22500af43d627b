package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.schema.SchemaMigration;
import io.sluice.webflux.SluiceProperties;
import io.sluice.webflux.WebProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.codec.ServerCodecConfigurer;

/** Serves the API and the streams of the application's {@link Sluice}. */
@AutoConfiguration(
        afterName = {
            "io.sluice.webflux.SluiceAutoConfiguration",
            "org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration"
        })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBean(Sluice.class)
@ConditionalOnProperty(name = "sluice.web.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SluiceProperties.class)
@Import({
    RunsController.class,
    GroupsController.class,
    ControlController.class,
    InfoController.class,
    EventsController.class,
    ProgressController.class,
    KnownParameters.class,
    Problems.class
})
class ApiAutoConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(ApiAutoConfiguration.class);

    private static final String SECURITY = "org.springframework.security.web.server.SecurityWebFilterChain";

    @Bean
    @ConditionalOnMissingBean
    Streams sluiceStreams(SluiceProperties properties) {
        return new Streams(properties.web());
    }

    @Bean
    @ConditionalOnMissingBean
    LiveProgress sluiceLiveProgress(Sluice sluice) {
        return new LiveProgress(sluice);
    }

    @Bean
    @ConditionalOnMissingBean
    Orderable sluiceOrderable(ObjectProvider<SchemaMigration> declared, SluiceProperties properties) {
        return new Orderable(declared.orderedStream().toList(), properties.web().readyMade());
    }

    @Bean
    @ConditionalOnMissingBean
    GroupFinder sluiceGroupFinder(Sluice sluice, Orderable orderable) {
        return new GroupFinder(sluice, orderable);
    }

    @Bean
    RequestProblems sluiceRequestProblems(SluiceProperties properties, ServerCodecConfigurer codecs) {
        return new RequestProblems(properties.web().basePath() + "/api", codecs);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = SECURITY)
    @ConditionalOnBean(type = SECURITY)
    static class WithSecurity {

        @Bean
        @ConditionalOnMissingBean
        Control sluiceControl(SluiceProperties properties) {
            WebProperties web = properties.web();
            return web.control() ? new AuthorityControl(web.authority()) : Control.off();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(type = SECURITY)
    static class WithoutSecurity {

        @Bean
        @ConditionalOnMissingBean
        Control sluiceControl(SluiceProperties properties) {
            WebProperties web = properties.web();
            if (web.control()) {
                LOG.warn(
                        "{} is open: whoever reaches it can change runs, as there is no Spring Security and sluice.web.control=true",
                        web.basePath());
                return Control.open(new OwnHosts(web.allowedHosts()));
            }
            LOG.info("{} is open for reading: whoever reaches it sees runs and errors", web.basePath());
            return Control.off();
        }
    }
}
