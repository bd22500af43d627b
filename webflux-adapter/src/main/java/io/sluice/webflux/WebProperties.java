package io.sluice.webflux;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is served over HTTP.
 *
 * @param enabled Whether anything is served: the API, the streams and the page.
 * @param basePath Path under which all of it is served.
 * @param page Whether the page is served.
 * @param control Whether runs can be changed over HTTP. Without it everything is read-only.
 * @param readyMade Whether ready-made data migrations and schema migrations by operation may be enqueued over HTTP. They bring their own
 *     tables, conditions and statements: whoever may control can then do what the database user can. Without it only
 *     declared ones.
 * @param authority Authority that is needed to change runs, where the application has Spring Security.
 * @param allowedHosts Host names under which it may be reached, beside those of this machine, where the application has no Spring
 *     Security. Without any: runs are read under each name, and changed under each, but what arrives on the loopback address must
 *     name it.
 * @param heartbeat How often a stream that has nothing to tell sends a comment, so that nobody on the way closes it.
 * @param retry How long a browser waits before it comes back to a stream that broke off.
 */
public record WebProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("/sluice") String basePath,
        @DefaultValue("true") boolean page,
        @DefaultValue("false") boolean control,
        @DefaultValue("false") boolean readyMade,
        @DefaultValue("SLUICE_CONTROL") String authority,
        @DefaultValue List<String> allowedHosts,
        @DefaultValue("15s") Duration heartbeat,
        @DefaultValue("2s") Duration retry) {

    public WebProperties {
        allowedHosts = List.copyOf(allowedHosts);
        Setting.of("sluice.web.base-path", basePath, path -> {
            if (!path.matches("(/[A-Za-z0-9._~-]+)+")) {
                throw new IllegalArgumentException("it must begin with '/' and not end with one, was '" + path + "'");
            }
            return path;
        });
        positive("sluice.web.heartbeat", heartbeat);
        positive("sluice.web.retry", retry);
    }

    private static void positive(String property, Duration value) {
        Setting.of(property, value, it -> {
            if (it.toMillis() < 1) {
                throw new IllegalArgumentException("it must be at least 1ms, was " + it);
            }
            return it;
        });
    }
}
