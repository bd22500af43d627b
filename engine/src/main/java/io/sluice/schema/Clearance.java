package io.sluice.schema;

import io.sluice.ledger.Lease;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/**
 * Waits, before a build begins, for the transactions that would stall it, and says for whom; not for ever while it holds a lease.
 * Those that it finds at its first look are waited for, as the server would: where there is always an old one, a build would
 * never begin otherwise.
 */
final class Clearance {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final Duration HANDED_BACK = Duration.ofSeconds(30);

    private final SchemaRunContext context;
    private final Lease lease;
    private final Watchdog watchdog;
    private final boolean patient;

    /** @param patient true for a caller in the foreground, who waits as long as it takes */
    Clearance(SchemaRunContext context, Lease lease, Watchdog watchdog, boolean patient) {
        this.context = context;
        this.lease = lease;
        this.watchdog = watchdog;
        this.patient = patient;
    }

    /**
     * Completes when nobody would stall a build of that table; errors with {@link NotNowException} when the patience is spent.
     *
     * @param table as it stands in a statement
     */
    Mono<Void> of(String table) {
        Duration age = context.settings().oldTransaction();
        if (age.isZero()) {
            return Mono.empty();
        }
        return context.ledger()
                .schemaRuns()
                .clearing(lease)
                .flatMap(firstLook -> looks(table, age, firstLook))
                .then(context.ledger().schemaRuns().cleared(lease));
    }

    private Mono<Void> looks(String table, Duration age, Instant firstLook) {
        OldTransactions old = new OldTransactions(context.blockers());
        return Mono.defer(() -> {
            long since = now();
            return context.ledger()
                    .connections()
                    .lendOne(connection -> old.find(connection, table, age, firstLook))
                    .flatMap(inTheWay -> inTheWay.isEmpty() ? Mono.<Boolean>empty() : waits(inTheWay, since))
                    .repeatWhen(looks -> looks.takeWhile(found -> found > 0)
                            .concatMap(found -> Mono.delay(LOOK_AGAIN, context.scheduler())))
                    .then();
        });
    }

    private Mono<Boolean> waits(List<Blocker> inTheWay, long since) {
        boolean enough = now() - since >= context.settings().patience().toMillis() && !patient;
        return watchdog.waits("waiting for old transactions", inTheWay)
                .then(
                        enough
                                ? Mono.error(new NotNowException(
                                        "old transactions would stall it: " + Blockers.summary(inTheWay), HANDED_BACK))
                                : Mono.just(true));
    }

    private long now() {
        return context.scheduler().now(TimeUnit.MILLISECONDS);
    }
}
