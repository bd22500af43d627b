package io.sluice.webflux;

import io.sluice.ShardReport;
import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import reactor.core.publisher.Mono;

/**
 * Down when a shard cannot be worked on: its database does not answer, or its ledger cannot be used. Runs that failed or whose
 * holder is gone are details: they are for a person, and another instance would be no better.
 */
final class SluiceHealthIndicator extends AbstractReactiveHealthIndicator {

    /** Whoever asks for health does not wait long: a database that swallows packets lets each connect take much longer. */
    private static final Duration WITHIN = Duration.ofSeconds(5);

    private final Sluice sluice;
    private final Duration within;

    SluiceHealthIndicator(Sluice sluice) {
        this(sluice, WITHIN);
    }

    SluiceHealthIndicator(Sluice sluice, Duration within) {
        super("the shards could not be looked at");
        this.sluice = sluice;
        this.within = within;
    }

    @Override
    protected Mono<Health> doHealthCheck(Health.Builder builder) {
        return sluice.inspect().shards().take(within).collectList().map(reports -> health(builder, reports));
    }

    private Health health(Health.Builder builder, List<ShardReport> reports) {
        sluice.shards()
                .forEach(it -> builder.withDetail(
                        it, Map.of("trouble", "not known within " + within + ", as a shard does not answer")));
        reports.forEach(it -> builder.withDetail(it.shard(), details(it)));
        boolean all = reports.size() == sluice.shards().size();
        return builder.status(all && reports.stream().allMatch(ShardReport::isUsable) ? "UP" : "DOWN")
                .build();
    }

    private static Map<String, Object> details(ShardReport report) {
        Map<String, Object> details = new LinkedHashMap<>();
        String trouble = report.trouble();
        Integer version = report.ledgerVersion();
        if (trouble != null) {
            details.put("trouble", trouble);
        } else if (version != null) {
            details.put("ledgerVersion", version);
            details.put("failedRuns", report.count(RunStatus.FAILED));
            details.put("stuckRuns", report.lapsed());
        }
        return details;
    }
}
