package io.sluice.examples.quickstart;

import io.sluice.Sluice;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/** The live page of the WebFlux adapter, over the Sluice of the quickstart. It is reached from this machine only. */
final class Page implements AutoCloseable {

    private static final String[] SETTINGS = {
        "server.address=127.0.0.1",
        // whoever looks at it is the person who started this
        "sluice.web.control=true",
        // no page elsewhere whose name was made to lead here may read or change anything
        "sluice.web.allowed-hosts=localhost",
        "logging.level.io.sluice.webflux=error",
        // a port that is taken is told in one line
        "logging.level.org.springframework.boot=off",
        "spring.main.banner-mode=off",
        "spring.main.log-startup-info=false",
        "server.shutdown=immediate",
    };

    private final @Nullable ConfigurableApplicationContext context;
    private final String description;

    private Page(@Nullable ConfigurableApplicationContext context, String description) {
        this.context = context;
        this.description = description;
    }

    /** The Sluice is there already, with its databases: no other is made, and whoever made it runs it. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    static Page none() {
        return new Page(null, "No page, as --no-page says");
    }

    /** Blocks until it is served. Where the port is taken there is none, and its description says so. */
    static Page serve(Sluice sluice, int port) {
        try {
            ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                    .initializers(it -> ((GenericApplicationContext) it).registerBean(Sluice.class, () -> sluice))
                    .bannerMode(Banner.Mode.OFF)
                    .registerShutdownHook(false)
                    .properties(SETTINGS)
                    .properties("server.port=" + port)
                    .run();
            String served = context.getEnvironment().getRequiredProperty("local.server.port");
            return new Page(context, "Live page: http://127.0.0.1:" + served + "/sluice/");
        } catch (ApplicationContextException e) {
            if (!(e.getCause() instanceof PortInUseException)) {
                throw e;
            }
            return new Page(null, "No page, as port " + port + " is taken; choose another one with --port");
        }
    }

    /** One line: where it is, or why there is none. */
    String description() {
        return description;
    }

    @Override
    public void close() {
        if (context != null) {
            context.close();
        }
    }
}
