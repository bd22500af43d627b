package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.Lease;
import io.sluice.ledger.SchemaRun;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.function.BiFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ends what a run has at work on the server and removes what it left: a half-built index, a pending detachment. */
final class SchemaCleanUp {

    private final SchemaRunContext context;
    private final Lease lease;
    private final Lease whose;
    private final SchemaRun run;
    private final Backends backends;
    private final StepRunner runner;

    SchemaCleanUp(SchemaRunContext context, Lease lease, SchemaRun run, Watchdog watchdog) {
        this(context, lease, lease, run, watchdog);
    }

    /**
     * @param lease under which it is made: whoever works on the table may clean up there
     * @param whose the last lease of the run that left it
     */
    SchemaCleanUp(SchemaRunContext context, Lease lease, Lease whose, SchemaRun run, Watchdog watchdog) {
        this.context = context;
        this.lease = lease;
        this.whose = whose;
        this.run = run;
        this.backends = backends(context, whose.run());
        this.runner = new StepRunner(context, lease, run, watchdog, backends(context, lease.run()), true);
    }

    static Backends backends(SchemaRunContext context, RunId run) {
        return new Backends(context.eyes(), context.ledger().name().schema(), run, context.scheduler());
    }

    /** After a failure: nothing half-done stays, and what is of use to who tries again does. */
    Mono<Void> leftovers() {
        return ours().flatMap(may ->
                backends.silence(whose.token()).then(removed(Change::leftovers)).then(store().tidied(whose)));
    }

    /** After a cancel: nothing stays. */
    Mono<Void> undone() {
        return ours().flatMap(may ->
                backends.silence(whose.token()).then(removed(Change::undone)).then(store().cleaned(whose)));
    }

    /** What is due after a run that is over. */
    Mono<Void> after(RunStatus status) {
        return status == RunStatus.CANCELLED ? undone() : leftovers();
    }

    /** Emits whether a session of the run drops an index: that is what a clean-up wants, and has to begin anew when it is ended. */
    Mono<Boolean> isUnderWay() {
        return backends.upTo(whose.token()).any(Backends.Session::drops);
    }

    /** Empty where what is there is somebody else's by now. */
    private Mono<Boolean> ours() {
        return store().mayCleanUp(lease).filter(may -> may);
    }

    private SchemaRunStore store() {
        return context.ledger().schemaRuns();
    }

    private Mono<Void> removed(BiFunction<Change, Connection, Flux<Step>> what) {
        return context.ledger()
                .connections()
                .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Changes.of(connection, run))
                        .flatMapMany(change -> what.apply(change, connection))
                        .collectList())
                .onErrorResume(SchemaDefinitionException.class, nothingThere -> Mono.just(List.of()))
                .flatMapIterable(steps -> steps)
                .concatMap(runner::run)
                .then(Mono.defer(this::toldOfOthers));
    }

    private Mono<Void> toldOfOthers() {
        return context.ledger()
                .connections()
                .unhurried(connection -> Statements.script(connection, "set local lock_timeout = 2000")
                        .then(Mono.defer(() -> Changes.of(connection, run)))
                        .flatMapMany(change -> change.notOurs(connection))
                        .collectList())
                .onErrorResume(SchemaDefinitionException.class, nothingThere -> Mono.just(List.of()))
                .flatMapIterable(notes -> notes)
                .concatMap(note -> store().noted(whose.run().number(), note))
                .then();
    }
}
