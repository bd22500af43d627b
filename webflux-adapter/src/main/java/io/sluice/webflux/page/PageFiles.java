package io.sluice.webflux.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * The files of the page. They are read once, at the start: reading them later would block. They may load nothing from elsewhere, and
 * nobody may put them into a frame (<a href="https://www.w3.org/TR/CSP3/">Content Security Policy</a>).
 */
final class PageFiles {

    private static final String POLICY =
            "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private PageFiles() {}

    /** Links in the page are relative, so its address ends with a slash. */
    static RouterFunction<ServerResponse> routes(String base) {
        return RouterFunctions.route()
                .GET(
                        base,
                        request -> !request.path().endsWith("/"),
                        request -> ServerResponse.temporaryRedirect(URI.create(lastOf(base) + "/"))
                                .build())
                .GET(base + "/", file("index.html", MediaType.TEXT_HTML))
                .GET(base + "/page.css", file("page.css", MediaType.valueOf("text/css")))
                .GET(base + "/page.js", file("page.js", MediaType.valueOf("text/javascript")))
                .GET(base + "/chart.umd.min.js", file("chart.umd.min.js", MediaType.valueOf("text/javascript")))
                .build();
    }

    /** Relative, so that it is right behind a proxy that strips a prefix, too. */
    private static String lastOf(String base) {
        return base.substring(base.lastIndexOf('/') + 1);
    }

    private static HandlerFunction<ServerResponse> file(String name, MediaType type) {
        byte[] bytes = read(name);
        Mono<ServerResponse> answer = Mono.defer(() -> ServerResponse.ok()
                .contentType(new MediaType(type, StandardCharsets.UTF_8))
                .cacheControl(CacheControl.noCache())
                .header("Content-Security-Policy", POLICY)
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .bodyValue(bytes));
        return request -> answer;
    }

    private static byte[] read(String name) {
        try (InputStream in = Objects.requireNonNull(PageFiles.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("file of the page in this jar: " + name, e);
        }
    }
}
