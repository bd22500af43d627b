package io.sluice.webflux.api;

import io.sluice.ShardReport;
import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What a page needs to know first: the shards, and whether its reader may change anything. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api", produces = MediaType.APPLICATION_JSON_VALUE)
class InfoController {

    private final Sluice sluice;
    private final Permission permission;
    private final SharedLook<List<Shard>> shards;

    InfoController(Sluice sluice, Permission permission, Unreachable unreachable) {
        this.sluice = sluice;
        this.permission = permission;
        this.shards = new SharedLook<>(sluice.inspect()
                .shards()
                .map(it -> Shard.of(it, unreachable.trouble(it)))
                .collectList());
    }

    /**
     * About this instance.
     *
     * @param control whether who asks may change runs
     */
    @Wire
    record Info(Set<String> shards, boolean control) {}

    /**
     * How a shard is.
     *
     * @param trouble why it cannot be worked on; absent: it can
     * @param stuckRuns runs whose holder was not heard of for longer than its lease
     */
    @Wire
    record Shard(
            String name,
            @Nullable String trouble,
            @Nullable Integer ledgerVersion,
            Map<RunStatus, Long> runs,
            long stuckRuns) {

        static Shard of(ShardReport it, @Nullable String trouble) {
            return new Shard(it.shard(), trouble, it.ledgerVersion(), it.runs(), it.lapsed());
        }
    }

    @GetMapping("/info")
    Mono<Info> info(ServerWebExchange exchange) {
        return permission.refusal(exchange).hasElement().map(refused -> new Info(sluice.shards(), !refused));
    }

    @GetMapping("/shards")
    Mono<List<Shard>> shards() {
        return shards.seen();
    }
}
