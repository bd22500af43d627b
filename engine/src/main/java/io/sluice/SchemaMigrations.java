package io.sluice;

import io.r2dbc.spi.Connection;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.run.SluiceException;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.SchemaQueue;
import io.sluice.sql.DatabaseUnreachableException;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Schema migrations: {@code sluice.schema()}. Their runs are steered like others, by their id and the verbs of {@link Sluice}.
 * Where shards may be named and none is, all are meant.
 */
public final class SchemaMigrations {

    private final Declared declared;
    private final Foreground foreground;
    private final boolean inline;
    private final SchemaProgressStream progress;

    SchemaMigrations(Declared declared, Foreground foreground, boolean inline, SchemaProgressStream progress) {
        this.declared = declared;
        this.foreground = foreground;
        this.inline = inline;
        this.progress = progress;
    }

    /** Enqueues it on all shards. */
    public Flux<Enqueued> enqueue(SchemaMigration migration) {
        return enqueue(EnqueueSchema.of(migration));
    }

    /**
     * Enqueues it once it has been held against each database: table, names, definition.
     *
     * @return what came of it on each shard. Errors with {@link io.sluice.schema.SchemaDefinitionException} when it does not fit the
     *     database, with the shard's own error or, where several shards were asked, after all others were done, with {@link
     *     EnqueueFailedException}
     */
    public Flux<Enqueued> enqueue(EnqueueSchema order) {
        return Flux.defer(() -> {
            List<ShardOffice> offices = declared.shards(order.shards());
            EachShard.refuseImpossible(order.joined() != null, order.mode(), offices);
            SchemaQueue.Order wanted = new SchemaQueue.Order(
                    order.migration(),
                    order.statementTimeout(),
                    order.lockBudget(),
                    order.mode() == Enqueue.Mode.DELAYED,
                    order.isAgain(),
                    order.maxAttempts());
            return EachShard.enqueued(order.migration().name(), offices, office -> enqueue(order, wanted, office));
        });
    }

    /** Emits the runs of that name over the shards. A shard that does not answer is one of them. */
    public Mono<RunGroup> group(String name, String... shards) {
        return members(shards)
                .flatMapSequential(
                        office -> office.ready()
                                .then(Mono.defer(() -> newest(office, name)))
                                .map(RunGroup.Member::of)
                                .defaultIfEmpty(RunGroup.Member.missing(office.name()))
                                .onErrorReturn(
                                        DatabaseUnreachableException.class, RunGroup.Member.unreachable(office.name())),
                        Declared.CONCURRENCY)
                .collectList()
                .map(found -> new RunGroup(name, Arguments.none(), found));
    }

    /** Emits the group if it SUCCEEDED on every shard; errors with {@link RunNotSucceededException} if not. */
    public Mono<RunGroup> ensureSucceeded(String name, String... shards) {
        return group(name, shards)
                .flatMap(group -> group.status() == RunGroup.Status.SUCCEEDED
                        ? Mono.just(group)
                        : Mono.error(RunNotSucceededException.of(group)));
    }

    /**
     * As {@link #ensureSucceeded(String, String...)}, and the catalog must still say that it is done. Of a statement it cannot say
     * so: there the run must have done this one; errors with {@link io.sluice.schema.SchemaDefinitionException} if not.
     */
    public Mono<RunGroup> ensureSucceeded(SchemaMigration migration, String... shards) {
        return ensureSucceeded(migration.name(), shards)
                .delayUntil(group -> Flux.fromIterable(group.members())
                        .mapNotNull(RunGroup.Member::run)
                        .flatMap(run -> isDone(migration, run.id()), Declared.CONCURRENCY)
                        .then());
    }

    private Mono<Void> isDone(SchemaMigration migration, RunId run) {
        return declared.shard(run.shard())
                .schema()
                .queue()
                .isDone(migration, run.number())
                .flatMap(done -> done
                        ? Mono.empty()
                        : Mono.error(RunNotSucceededException.undone(migration.name(), run.shard())));
    }

    /** Drives the newest run of that name to its end in the caller, on each shard, side by side. */
    public Flux<Run> finish(String name, String... shards) {
        return members(shards)
                .flatMapDelayError(
                        office -> foreground.finish(office, RunKind.SCHEMA, name, Arguments.none()),
                        Declared.CONCURRENCY,
                        1);
    }

    /**
     * Removes the runs of that name from the ledgers; what they changed stays.
     *
     * @return ids of the removed; errors with {@link io.sluice.ledger.LeaseHeldException} when one is being worked on, and with
     *     {@link io.sluice.schema.StatementRunsException} when one has left a statement at work or something half-done
     */
    public Flux<RunId> remove(String name, String... shards) {
        return members(shards)
                .concatMap(office -> office.ready()
                        .then(Mono.defer(() -> newest(office, name)))
                        .flatMap(run -> office.worker().settleLapsed(run.id().number()))
                        .then(Mono.defer(() -> office.schema().queue().removable(name)))
                        .thenMany(Flux.defer(
                                () -> office.ledger().runs().remove(RunKind.SCHEMA, name, Arguments.none()))));
    }

    /**
     * Emits how far a run is, at once and then about twice a second, on whichever instance it is worked on; what is not requested
     * is left out. Completes when the run is over.
     */
    public Flux<SchemaProgress> progress(RunId run) {
        return declared.at(run)
                .flatMapMany(office -> progress.of(office.ledger().schemaRuns().progress(run.number())));
    }

    /**
     * Emits how far each schema run is that may change by itself, on whichever instance it is worked on, at once and then about twice a
     * second as far as it is requested; the last state of one that ends, too. Never completes. A shard that cannot be reached is
     * silent.
     */
    public Flux<SchemaProgress> progress() {
        return Flux.defer(() -> Flux.fromIterable(declared.shards()))
                .flatMap(
                        office -> progress.ofMany(office.ready()
                                .then(Mono.defer(() -> office.ledger()
                                        .schemaRuns()
                                        .liveProgress()
                                        .collectList()))
                                .onErrorResume(SluiceException.class, error -> Mono.empty())),
                        declared.shards().size());
    }

    private Mono<Enqueued> enqueue(EnqueueSchema order, SchemaQueue.Order wanted, ShardOffice office) {
        Connection joined = order.joined();
        SchemaQueue queue = office.schema().queue();
        return office.ready()
                .then(Mono.defer(() -> joined == null ? queue.take(wanted) : queue.take(joined, wanted)))
                .flatMap(taken -> taken.run().status() == RunStatus.CANCELLED
                        ? Mono.error(RunNotSucceededException.cancelled(taken.run()))
                        : Mono.just(new Enqueued(taken.run(), taken.created())))
                .doOnNext(it -> office.worker().wake())
                .flatMap(it -> isInline(order)
                        ? foreground.finish(office, it.run()).map(run -> new Enqueued(run, it.created()))
                        : Mono.just(it));
    }

    private boolean isInline(EnqueueSchema order) {
        return order.mode() == Enqueue.Mode.INLINE
                || (inline && order.mode() == Enqueue.Mode.QUEUED && order.joined() == null);
    }

    private static Mono<Run> newest(ShardOffice office, String name) {
        return office.ledger().runs().findNewest(RunKind.SCHEMA, name, Arguments.none());
    }

    private Flux<ShardOffice> members(String... shards) {
        return Flux.defer(() -> Flux.fromIterable(declared.shards(Set.of(shards))));
    }
}
