package io.sluice.webflux.api;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.error.ErrorWebFluxAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.util.ClassUtils;

/** An application with the web part of the adapter, without a port and without a database that answers. */
final class WebSlice {

    private WebSlice() {}

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        JacksonAutoConfiguration.class,
        CodecsAutoConfiguration.class,
        HttpHandlerAutoConfiguration.class,
        WebFluxAutoConfiguration.class,
        ErrorWebFluxAutoConfiguration.class
    })
    static class WebFlux {}

    @Configuration(proxyBeanMethods = false)
    static class Application {

        @Bean
        ConnectionFactory connectionFactory() {
            return ConnectionFactories.get("r2dbc:postgresql://nobody@127.0.0.1:1/nothing");
        }

        @Bean
        DataMigration fill() {
            return DataMigration.of("fill", Work.sql(Source.table("items"), "update items set n = 1 where {batch}"));
        }
    }

    /** With what is given beside WebFlux and the adapter. */
    static ReactiveWebApplicationContextRunner with(Class<?>... autoConfigurations) {
        return new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(WebFlux.class))
                .withConfiguration(AutoConfigurations.of(autoConfigurations))
                .withConfiguration(AutoConfigurations.of(ours()))
                .withUserConfiguration(Application.class)
                .withPropertyValues("sluice.install-on-start=false", "sluice.worker.enabled=false");
    }

    private static Class<?>[] ours() {
        return Stream.of("SluiceAutoConfiguration", "api.ApiAutoConfiguration", "page.PageAutoConfiguration")
                .map(it -> ClassUtils.resolveClassName("io.sluice.webflux." + it, null))
                .toArray(Class<?>[]::new);
    }

    static WebTestClient client(ApplicationContext context) {
        return WebTestClient.bindToApplicationContext(context).build();
    }
}
