package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.webflux.WebProperties;
import java.time.Duration;
import java.util.List;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.config.DelegatingWebFluxConfiguration;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * The progress of runs over HTTP on a port of its own, by the controller and the streams of the adapter. Spring WebFlux is
 * configured as it is by itself: the auto-configuration of Spring Boot would bring a start of seconds, and nothing to what is measured.
 */
public final class ServedProgress implements AutoCloseable {

    private static final WebProperties DEFAULTS = new WebProperties(
            true,
            "/sluice",
            false,
            false,
            false,
            "SLUICE_CONTROL",
            List.of(),
            Duration.ofSeconds(15),
            Duration.ofSeconds(2));

    private final AnnotationConfigApplicationContext context;
    private final DisposableServer http;

    private ServedProgress(AnnotationConfigApplicationContext context, DisposableServer http) {
        this.context = context;
        this.http = http;
    }

    /** Serves the runs of this engine, which stays the caller's to close, on this machine only. */
    public static ServedProgress of(Sluice sluice) {
        Streams streams = new Streams(DEFAULTS);
        ProgressController controller = new ProgressController(
                sluice,
                new LiveProgress(sluice),
                new EventFeed(sluice),
                new GroupFinder(sluice, new Orderable(List.of(), DEFAULTS.readyMade())),
                streams);
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.register(DelegatingWebFluxConfiguration.class);
        context.registerBean(Streams.class, () -> streams);
        context.registerBean(ProgressController.class, () -> controller);
        context.refresh();
        DisposableServer http = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle(new ReactorHttpHandlerAdapter(
                        WebHttpHandlerBuilder.applicationContext(context).build()))
                .bindNow();
        return new ServedProgress(context, http);
    }

    public int port() {
        return http.port();
    }

    @Override
    public void close() {
        // first the streams, which end with the context: the server waits for what it answers
        context.close();
        http.disposeNow();
    }
}
