package io.sluice.schema;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.ledger.SchemaRunStore.Owed;
import io.sluice.sql.SqlFault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * What earlier runs left on a table and could not clean up. Whoever works on the table next does so first: while one run follows
 * the other there is no other moment, and a unique index that is half-built goes on refusing rows.
 */
final class OwedCleanUps {

    private static final Logger LOG = LoggerFactory.getLogger(OwedCleanUps.class);

    private final SchemaRunContext context;
    private final Lease lease;
    private final Watchdog watchdog;

    OwedCleanUps(SchemaRunContext context, Lease lease, Watchdog watchdog) {
        this.context = context;
        this.lease = lease;
        this.watchdog = watchdog;
    }

    /** Completes when each was tried once: what cannot be done now does not keep the run from its own work. */
    Mono<Void> paid() {
        return store().owedBeside(lease.run().number())
                // the connection goes back first
                .collectList()
                .flatMapIterable(owed -> owed)
                .concatMap(this::paid)
                .then();
    }

    private Mono<Void> paid(Owed owed) {
        return watchdog.says("cleaning up what run " + owed.lease().run().number() + " left", null)
                .then(store().find(owed.lease().run().number()))
                .flatMap(run -> new SchemaCleanUp(context, lease, owed.lease(), run, watchdog).after(owed.status()))
                .onErrorResume(error -> !(error instanceof LeaseLostException), error -> {
                    LOG.warn(
                            "run {}: could not clean up, later again: {}",
                            owed.lease().run(),
                            error.getMessage());
                    return store().noted(owed.lease().run().number(), "could not clean up: " + SqlFault.kind(error))
                            .onErrorComplete();
                });
    }

    private SchemaRunStore store() {
        return context.ledger().schemaRuns();
    }
}
