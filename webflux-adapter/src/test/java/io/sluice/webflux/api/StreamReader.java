package io.sluice.webflux.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
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

    /** Who asks for a stream and never reads it, with little room on the way. */
    static Socket asleep(ServedApplication application, String path) throws IOException {
        return opened(application, path, 4_096);
    }

    static Socket opened(ServedApplication application, String path, int buffer) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(buffer);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), application.port()));
        socket.getOutputStream()
                .write(("GET /sluice/api" + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
                        .getBytes(US_ASCII));
        return socket;
    }
}
