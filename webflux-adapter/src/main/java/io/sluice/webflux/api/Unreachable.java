package io.sluice.webflux.api;

import io.sluice.ShardReport;
import io.sluice.run.SluiceException;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.sql.SqlFault;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What readers are told of a database that cannot be reached: that it is so. Its address, its user and what the driver says are for the
 * log, once for each shard until it is something else.
 */
final class Unreachable {

    private static final Logger LOG = LoggerFactory.getLogger(Unreachable.class);

    private final Map<String, String> logged = new ConcurrentHashMap<>();

    /** Why a shard cannot be worked on; null when it can. */
    @Nullable
    String trouble(ShardReport report) {
        if (report.reachable()) {
            logged.remove(report.shard());
            return report.trouble();
        }
        return told(report.shard(), String.valueOf(report.trouble()));
    }

    /** What an error on a shard is to readers. Those of the engine are made for them, those of the driver are not. */
    String told(String shard, Throwable error) {
        if (error instanceof DatabaseUnreachableException) {
            return told(shard, String.valueOf(error.getMessage()));
        }
        if (error instanceof SluiceException || error instanceof IllegalArgumentException) {
            return String.valueOf(error.getMessage());
        }
        LOG.warn("shard '{}': a request failed", shard, error);
        return SqlFault.kind(error) + "; the log of this application says more";
    }

    private String told(String shard, String whole) {
        if (!whole.equals(logged.put(shard, whole))) {
            LOG.warn("{}", whole);
        }
        return "the database of shard '" + shard + "' cannot be reached; the log of this application says why";
    }
}
