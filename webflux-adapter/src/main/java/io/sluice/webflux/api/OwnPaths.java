package io.sluice.webflux.api;

import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/** What is below a path, as the routes see it: decoded, and without parameters of its segments. */
final class OwnPaths {

    private final PathPattern pattern;

    OwnPaths(String path) {
        this.pattern = PathPatternParser.defaultInstance.parse(path + "/**");
    }

    boolean has(ServerHttpRequest request) {
        return pattern.matches(request.getPath().pathWithinApplication());
    }
}
