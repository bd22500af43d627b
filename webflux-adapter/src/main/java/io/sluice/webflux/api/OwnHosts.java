package io.sluice.webflux.api;

import io.sluice.webflux.Control;
import java.net.InetSocketAddress;
import java.util.List;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Names under which the application may be reached by who changes something. A page of another site can have its own name lead to an
 * address of this machine (DNS rebinding); to the browser it then is the same site, and only the name tells.
 */
final class OwnHosts implements Control {

    static final String FOREIGN = "it was reached under a name that is not known to be its own;"
            + " whoever runs this application adds it to sluice.web.allowed-hosts";

    private final List<String> allowed;

    /** Without any: whatever it is reached by, but on this machine itself only names of this machine. */
    OwnHosts(List<String> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    @Override
    public Mono<String> refusal(ServerWebExchange exchange) {
        return isOne(exchange.getRequest()) ? Mono.empty() : Mono.just(FOREIGN);
    }

    boolean isOne(ServerHttpRequest request) {
        InetSocketAddress host = request.getHeaders().getHost();
        if (host == null) {
            return true; // no browser leaves it out
        }
        String name = host.getHostString();
        if (isOfThisMachine(name)) {
            return true;
        }
        return allowed.isEmpty()
                ? !arrivesOnThisMachineOnly(request)
                : allowed.stream().anyMatch(name::equalsIgnoreCase);
    }

    private static boolean isOfThisMachine(String name) {
        return name.equalsIgnoreCase("localhost")
                || name.matches("127(\\.\\d{1,3}){3}")
                || name.equals("::1")
                || name.equals("[::1]");
    }

    private static boolean arrivesOnThisMachineOnly(ServerHttpRequest request) {
        InetSocketAddress local = request.getLocalAddress();
        return local != null && local.getAddress() != null && local.getAddress().isLoopbackAddress();
    }
}
