package io.sluice.webflux.api;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * Refuses parameters of a query that a route does not have: a misspelt one must not pass for one that was not given, least of
 * all at the gate.
 */
@ControllerAdvice(basePackageClasses = KnownParameters.class)
class KnownParameters {

    /** What filters before us may take a token from, such as an EventSource cannot send otherwise. */
    private static final Set<String> OF_OTHERS = Set.of("access_token", "_csrf");

    private static final ParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();

    /** Throws {@link IllegalArgumentException} for a parameter that there is not. */
    @ModelAttribute
    void check(ServerWebExchange exchange) {
        Object handler = exchange.getAttribute(HandlerMapping.BEST_MATCHING_HANDLER_ATTRIBUTE);
        Set<String> given = exchange.getRequest().getQueryParams().keySet();
        if (handler instanceof HandlerMethod method && !given.isEmpty()) {
            refuse(given, known(method));
        }
    }

    private static void refuse(Collection<String> given, Set<String> known) {
        for (String name : given) {
            if (!known.contains(name) && !OF_OTHERS.contains(name)) {
                throw new IllegalArgumentException("there is no parameter '" + name + "'; "
                        + (known.isEmpty() ? "this route has none" : "there are " + known));
            }
        }
    }

    private static Set<String> known(HandlerMethod method) {
        return Arrays.stream(method.getMethodParameters())
                .filter(it -> it.hasParameterAnnotation(RequestParam.class))
                .map(KnownParameters::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String name(MethodParameter parameter) {
        parameter.initParameterNameDiscovery(NAMES);
        @Nullable String name = parameter.getParameterName();
        return String.valueOf(name);
    }
}
