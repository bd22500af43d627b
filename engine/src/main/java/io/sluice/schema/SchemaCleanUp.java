package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.ledger.SchemaRun;
import io.sluice.run.RunId;
import io.sluice.sql.Statements;
import java.util.function.BiFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ends what a run has at work on the server and removes what it left: a half-built index, a pending detachment. */
final class SchemaCleanUp {

    private final SchemaRunContext context;
    private final Lease lease;
    private final SchemaRun run;
    private final Backends backends;
    private final StepRunner runner;

    SchemaCleanUp(SchemaRunContext context, Lease lease, SchemaRun run, Watchdog watchdog) {
        this.context = context;
        this.lease = lease;
        this.run = run;
        this.backends = backends(context, lease.run());
        this.runner = new StepRunner(context, lease, run, watchdog, backends, false);
    }

    static Backends backends(SchemaRunContext context, RunId run) {
        return new Backends(
                context.ledger().connections(), context.ledger().name().schema(), run, context.scheduler());
    }

    /** After a failure: nothing half-done stays, and what is of use to who tries again does. */
    Mono<Void> leftovers() {
        return backends.silence().then(removed(Change::leftovers));
    }

    /** After a cancel: nothing stays. */
    Mono<Void> undone() {
        return backends.silence()
                .then(removed(Change::undone))
                .then(context.ledger().schemaRuns().cleaned(lease.run().number()));
    }

    private Mono<Void> removed(BiFunction<Change, Connection, Flux<Step>> what) {
        return context.ledger()
                .connections()
                .transaction(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Changes.of(connection, run))
                        .flatMapMany(change -> what.apply(change, connection))
                        .collectList())
                .onErrorResume(SchemaDefinitionException.class, nothingThere -> Mono.just(java.util.List.of()))
                .flatMapIterable(steps -> steps)
                .concatMap(runner::run)
                .then();
    }
}
