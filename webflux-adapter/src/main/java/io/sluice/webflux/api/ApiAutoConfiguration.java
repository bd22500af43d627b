package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.schema.SchemaMigration;
import io.sluice.webflux.Control;
import io.sluice.webflux.SluiceProperties;
import io.sluice.webflux.WebProperties;
import java.time.Duration;
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
import org.springframework.web.server.WebFilter;

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

    /** What Spring Security has wherever it is at work, whether the application says its rules or leaves them to Spring Boot. */
    private static final String SECURITY = "org.springframework.security.web.server.WebFilterChainProxy";

    @Bean
    Streams sluiceStreams(SluiceProperties properties) {
        return new Streams(properties.web());
    }

    @Bean
    LiveProgress sluiceLiveProgress(Sluice sluice) {
        return new LiveProgress(sluice);
    }

    @Bean
    EventFeed sluiceEventFeed(Sluice sluice) {
        return new EventFeed(sluice);
    }

    @Bean
    Orderable sluiceOrderable(ObjectProvider<SchemaMigration> declared, SluiceProperties properties) {
        return new Orderable(declared.orderedStream().toList(), properties.web().readyMade());
    }

    @Bean
    GroupFinder sluiceGroupFinder(Sluice sluice, Orderable orderable) {
        return new GroupFinder(sluice, orderable);
    }

    /** Long enough for a run that has next to nothing left, and shorter than anybody's patience. */
    @Bean
    Finishing sluiceFinishing(Sluice sluice) {
        return new Finishing(sluice, Duration.ofSeconds(1));
    }

    @Bean
    RequestProblems sluiceRequestProblems(SluiceProperties properties, ServerCodecConfigurer codecs) {
        return new RequestProblems(properties.web().basePath() + "/api", codecs);
    }

    @Bean
    Unreachable sluiceUnreachable() {
        return new Unreachable();
    }

    @Bean
    Permission sluicePermission(SluiceProperties properties, Control control) {
        return new Permission(properties.web().control(), control);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = SECURITY)
    @ConditionalOnBean(type = SECURITY)
    static class WithSecurity {

        @Bean
        @ConditionalOnMissingBean
        Control sluiceControl(SluiceProperties properties) {
            return new AuthorityControl(properties.web().authority());
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
            }
            return new OwnHosts(web.allowedHosts());
        }

        @Bean
        WebFilter sluiceOwnNamesOnly(SluiceProperties properties) {
            WebProperties web = properties.web();
            LOG.info("{} is open for reading: whoever reaches it sees runs and errors", web.basePath());
            return web.allowedHosts().isEmpty()
                    ? (exchange, chain) -> chain.filter(exchange)
                    : new OwnNamesOnly(web.basePath(), new OwnHosts(web.allowedHosts()));
        }
    }
}
