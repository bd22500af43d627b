package io.sluice.webflux.api;

import java.time.Duration;
import java.util.List;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;

/** Reads a stream of server-sent events as a browser does: it remembers the last id and comes back with it. */
final class StreamReader {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final WebClient client;
    private final String path;
    private String lastId = "";

    StreamReader(ServedApplication application, String path) {
        this.client = WebClient.create("http://127.0.0.1:" + application.port());
        this.path = path;
    }

    String lastId() {
        return lastId;
    }

    StreamReader from(String id) {
        lastId = id;
        return this;
    }

    /** Events without comments, from one connection; it is cut when the subscriber has enough. */
    Flux<ServerSentEvent<String>> connected() {
        return client.get()
                .uri(path)
                .headers(headers -> {
                    if (!lastId.isEmpty()) {
                        headers.set("Last-Event-ID", lastId);
                    }
                })
                .retrieve()
                .bodyToFlux(new ParameterizedTypeReference<ServerSentEvent<String>>() {})
                .filter(it -> it.data() != null)
                .doOnNext(it -> {
                    if (it.id() != null) {
                        lastId = it.id();
                    }
                });
    }

    /** So many events, then the connection is cut. */
    List<ServerSentEvent<String>> read(int events) {
        return connected().take(events).collectList().block(SOON);
    }

    /** Events until the server ends the stream. */
    List<ServerSentEvent<String>> readToTheEnd() {
        return connected().collectList().block(SOON);
    }
}
