package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.sluice.lock.Blocker;
import io.sluice.schema.BlockerPolicy.Action;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ends sessions that are in the way for long, where the settings say so: first a warning, then the deed, both as events. */
final class BlockerEnder {

    private static final Logger LOG = LoggerFactory.getLogger(BlockerEnder.class);

    /**
     * Judged and acted in one statement, so that nobody is ended who is somebody else by now. Superusers, replication and
     * whatever is no client are left alone: autovacuum, which may have to prevent wraparound, is none. So are our own sessions.
     */
    private static final String WHOM = """
            from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
             where a.pid = $1 and a.backend_type = 'client backend' and not r.rolsuper and not r.rolreplication
               and a.application_name not like 'sluice %'
               and a.xact_start < clock_timestamp() - $2 * interval '1 millisecond'
            """;

    private static final String MAY = "select true as done " + WHOM;

    private static final Map<Action, String> DEEDS = Map.of(
            Action.CANCEL, "select pg_cancel_backend(a.pid) as done " + WHOM,
            Action.TERMINATE, "select pg_terminate_backend(a.pid) as done " + WHOM);

    private final SchemaRunContext context;
    private final long run;

    /** When each was warned of. */
    private final Map<Integer, Long> warned = new ConcurrentHashMap<>();

    BlockerEnder(SchemaRunContext context, long run) {
        this.context = context;
        this.run = run;
    }

    /** Completes when what is due is done; its own errors are logged and dropped. */
    Mono<Void> ended(List<Blocker> inTheWay) {
        BlockerPolicy policy = context.settings().blockers();
        return policy.action() == Action.WAIT
                ? Mono.empty()
                : Flux.fromIterable(inTheWay)
                        .filter(it -> it.pid() > 0 && it.age().compareTo(policy.olderThan()) >= 0)
                        .concatMap(it -> warned.containsKey(it.pid()) ? due(policy, it) : warn(policy, it))
                        .then()
                        .onErrorResume(error -> {
                            LOG.warn("run {}: a session in the way could not be ended", run, error);
                            return Mono.empty();
                        });
    }

    private Mono<Void> warn(BlockerPolicy policy, Blocker blocker) {
        return asked(MAY, policy, blocker).flatMap(may -> {
            warned.put(blocker.pid(), now());
            return told("WARNED", blocker);
        });
    }

    private Mono<Void> due(BlockerPolicy policy, Blocker blocker) {
        Long since = warned.get(blocker.pid());
        return since == null || now() - since < policy.warning().toMillis()
                ? Mono.empty()
                // told however soon the statement that waited for it is over, and with it the looking
                : Mono.usingWhen(
                        asked(requireNonNull(DEEDS.get(policy.action())), policy, blocker),
                        done -> Mono.empty(),
                        done -> told(policy.action() == Action.CANCEL ? "CANCELLED" : "TERMINATED", blocker));
    }

    private Mono<Boolean> asked(String sql, BlockerPolicy policy, Blocker blocker) {
        return context.ledger()
                .connections()
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        sql,
                        row -> true,
                        blocker.pid(),
                        policy.olderThan().toMillis()));
    }

    private Mono<Void> told(String action, Blocker blocker) {
        LOG.warn("run {}: {} {}", run, action, blocker.summary());
        return context.ledger().schemaRuns().blockerEnded(run, action, blocker.pid(), blocker.summary());
    }

    private long now() {
        return context.scheduler().now(TimeUnit.MILLISECONDS);
    }
}
