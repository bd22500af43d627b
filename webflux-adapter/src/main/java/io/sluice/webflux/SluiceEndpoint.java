package io.sluice.webflux;

import io.sluice.ShardReport;
import io.sluice.Sluice;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunFilter;
import io.sluice.run.RunStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import reactor.core.publisher.Mono;

/** {@code /actuator/sluice}: the shards, the runs that are not over, and what slows them down. */
@Endpoint(id = "sluice")
final class SluiceEndpoint {

    private static final int MOST = 200;

    private static final RunFilter NOT_OVER = RunFilter.ALL.standing(
            Arrays.stream(RunStatus.values()).filter(it -> !it.isTerminal()).toArray(RunStatus[]::new));

    private final Sluice sluice;

    SluiceEndpoint(Sluice sluice) {
        this.sluice = sluice;
    }

    /**
     * What the endpoint tells.
     *
     * @param runs runs that are not over, at most 200
     * @param throttles by run, why it is slowed down or waits
     */
    record Overview(List<Shard> shards, List<Standing> runs, Map<String, String> throttles) {}

    /** A shard and how many of its runs stand where. */
    record Shard(
            String name,
            @Nullable String trouble,
            @Nullable Integer ledgerVersion,
            Map<RunStatus, Long> runs,
            long stuckRuns) {

        static Shard of(ShardReport it) {
            return new Shard(it.shard(), it.trouble(), it.ledgerVersion(), it.runs(), it.lapsed());
        }
    }

    /** Where a run stands. */
    record Standing(String run, String kind, String name, RunStatus status) {

        static Standing of(Run it) {
            return new Standing(it.id().toString(), it.kind().name(), it.name(), it.status());
        }
    }

    @ReadOperation
    Mono<Overview> overview() {
        Mono<List<Shard>> shards = sluice.inspect().shards().map(Shard::of).collectList();
        Mono<List<Run>> runs = sluice.inspect().runs(NOT_OVER, null, MOST).map(page -> page.runs());
        return Mono.zip(shards, runs)
                .flatMap(seen -> throttles()
                        .map(throttles -> new Overview(
                                seen.getT1(),
                                seen.getT2().stream().map(Standing::of).toList(),
                                throttles)));
    }

    private Mono<Map<String, String>> throttles() {
        return sluice.inspect()
                .progressNow()
                .filter(it -> it.reason() != null)
                .collect(Collectors.toMap(it -> it.run().toString(), SluiceEndpoint::reason, (one, other) -> other));
    }

    private static String reason(Progress progress) {
        return String.valueOf(progress.reason());
    }
}
