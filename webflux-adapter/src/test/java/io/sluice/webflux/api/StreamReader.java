package io.sluice.webflux.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
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
    private final int port;
    private String lastId = "";

    StreamReader(ServedApplication application, String path) {
        this.client = WebClient.create("http://127.0.0.1:" + application.port());
        this.path = path;
        this.port = application.port();
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

    /** Events that came whole within so many bytes; then the connection is reset, in the middle of whatever is being told. */
    List<ServerSentEvent<String>> cutAfter(int bytes) throws IOException {
        String answer;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoLinger(true, 0);
            socket.setSoTimeout((int) SOON.toMillis());
            socket.getOutputStream()
                    .write(("GET " + path
                                    + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nLast-Event-ID: "
                                    + lastId + "\r\n\r\n")
                            .getBytes(US_ASCII));
            answer = new String(socket.getInputStream().readNBytes(bytes), UTF_8);
        }
        int body = answer.indexOf("\r\n\r\n");
        // the stream itself has no \r: these are the sizes of its chunks
        String stream = body < 0 ? "" : answer.substring(body + 2).replaceAll("\r\n[0-9a-f]*\r\n", "");
        List<ServerSentEvent<String>> whole = new ArrayList<>();
        for (int from = 0, to = stream.indexOf("\n\n"); to >= 0; from = to + 2, to = stream.indexOf("\n\n", from)) {
            ServerSentEvent<String> event = event(stream.substring(from, to));
            if (event.data() != null) {
                whole.add(event);
                lastId = String.valueOf(event.id());
            }
        }
        return whole;
    }

    private static ServerSentEvent<String> event(String lines) {
        ServerSentEvent.Builder<String> event = ServerSentEvent.builder();
        lines.lines().forEach(line -> {
            if (line.startsWith("id:")) {
                event.id(line.substring(3));
            } else if (line.startsWith("event:")) {
                event.event(line.substring(6));
            } else if (line.startsWith("data:")) {
                event.data(line.substring(5));
            }
        });
        return event.build();
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
