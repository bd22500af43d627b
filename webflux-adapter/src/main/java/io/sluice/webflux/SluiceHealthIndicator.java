package io.sluice.webflux;

import io.sluice.ShardReport;
import io.sluice.Sluice;
import io.sluice.run.RunStatus;
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

    private final Sluice sluice;

    SluiceHealthIndicator(Sluice sluice) {
        super("the shards could not be looked at");
        this.sluice = sluice;
    }

    @Override
    protected Mono<Health> doHealthCheck(Health.Builder builder) {
        return sluice.inspect().shards().collectList().map(reports -> health(builder, reports));
    }

    private static Health health(Health.Builder builder, List<ShardReport> reports) {
        reports.forEach(it -> builder.withDetail(it.shard(), details(it)));
        return builder.status(reports.stream().allMatch(ShardReport::isUsable) ? "UP" : "DOWN")
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
