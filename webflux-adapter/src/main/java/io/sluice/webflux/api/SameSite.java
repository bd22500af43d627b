package io.sluice.webflux.api;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Whether a browser sent a request for a page of this application. Browsers say so by themselves
 * (<a href="https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header">Sec-Fetch-Site</a>, Origin) and no page can change it;
 * whoever sends neither is no browser.
 */
final class SameSite {

    private SameSite() {}

    static boolean isOf(ServerHttpRequest request) {
        String site = request.getHeaders().getFirst("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin") || site.equals("none");
        }
        String origin = request.getHeaders().getOrigin();
        return origin == null || isHost(origin, request.getHeaders().getFirst("Host"));
    }

    private static boolean isHost(String origin, @Nullable String host) {
        try {
            return URI.create(origin).getAuthority() != null
                    && URI.create(origin).getAuthority().equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
