package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.sluice.lock.Blocker;
import io.sluice.schema.BlockerPolicy.Action;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
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

    private static final String MAY = "select a.xact_start " + WHOM;

    private static final Map<Action, String> DEEDS = Map.of(
            Action.CANCEL, "select a.xact_start, pg_cancel_backend(a.pid) " + WHOM,
            Action.TERMINATE, "select a.xact_start, pg_terminate_backend(a.pid) " + WHOM);

    /** A session that a cancel does not move, as one that is idle in its transaction, is not asked at each look. */
    private static final Duration NOT_OFTENER = Duration.ofMinutes(1);

    private final SchemaRunContext context;
    private final long run;

    /** Of each session the last that was done to it. */
    private final Map<Integer, Deed> done = new ConcurrentHashMap<>();

    /** @param transaction when that of the session began: a later one is warned of anew */
    private record Deed(Instant transaction, long dueAgain) {}

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
                        .concatMap(it -> ended(policy, it))
                        .then()
                        .onErrorResume(error -> {
                            LOG.warn("run {}: a session in the way could not be ended", run, error);
                            return Mono.empty();
                        });
    }

    private Mono<Void> ended(BlockerPolicy policy, Blocker blocker) {
        return asked(MAY, policy, blocker).flatMap(transaction -> {
            Deed last = done.get(blocker.pid());
            if (last == null || !last.transaction.equals(transaction)) {
                done.put(
                        blocker.pid(),
                        new Deed(transaction, now() + policy.warning().toMillis()));
                return told("WARNED", blocker);
            }
            return now() < last.dueAgain ? Mono.empty() : deed(policy, blocker);
        });
    }

    private Mono<Void> deed(BlockerPolicy policy, Blocker blocker) {
        Duration rest = policy.warning().compareTo(NOT_OFTENER) > 0 ? policy.warning() : NOT_OFTENER;
        // done and told as a clean-up, which nobody cancels: the statement that waited may be over, and with it the
        // looking, before
        // the answer to the deed has come
        return Mono.usingWhen(
                Mono.just(blocker),
                it -> Mono.empty(),
                it -> asked(requireNonNull(DEEDS.get(policy.action())), policy, blocker)
                        .doOnNext(
                                transaction -> done.put(blocker.pid(), new Deed(transaction, now() + rest.toMillis())))
                        .flatMap(transaction ->
                                told(policy.action() == Action.CANCEL ? "CANCELLED" : "TERMINATED", blocker)));
    }

    /** Emits when the transaction of the session began, if it is one that may be ended. */
    private Mono<Instant> asked(String sql, BlockerPolicy policy, Blocker blocker) {
        return context.ledger()
                .connections()
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        sql,
                        row -> requireNonNull(row.get("xact_start", Instant.class)),
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
