package io.sluice;

import io.sluice.data.DataMigration;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.Progress;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.SettingsFixedException;
import io.sluice.run.Verb;
import io.sluice.sql.DatabaseUnreachableException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The door to Sluice: declare shards and migrations with {@link #builder()}, {@link #install()} the ledgers, {@link #start()}
 * workers, {@link #enqueue} migrations, watch and steer their runs. Nothing blocks, and nothing happens before subscription.
 *
 * <p>Every method that touches a shard errors with {@link io.sluice.sql.DatabaseUnreachableException} when its database cannot
 * be reached and with {@link io.sluice.ledger.LedgerException} when its ledger cannot be used.
 */
public final class Sluice {

    private final Declared declared;
    private final Steering steering;
    private final Foreground foreground;
    private final ProgressStream progress;
    private final EventStream events;
    private final Workforce workforce;
    private final Intake intake;
    private final Inspection inspection;
    private final SchemaMigrations schema;

    Sluice(
            Declared declared,
            Intake intake,
            Foreground foreground,
            ProgressStream progress,
            EventStream events,
            SchemaMigrations schema) {
        this.declared = declared;
        this.steering = new Steering(declared);
        this.foreground = foreground;
        this.progress = progress;
        this.events = events;
        this.workforce = new Workforce(
                declared.shards().stream().map(ShardOffice::worker).toList());
        this.intake = intake;
        this.inspection = new Inspection(declared, progress);
        this.schema = schema;
    }

    public static SluiceBuilder builder() {
        return new SluiceBuilder();
    }

    /** Names of the shards, in the order of their declaration. */
    public Set<String> shards() {
        return declared.shardNames();
    }

    /**
     * Installs or upgrades the ledger of every shard; safe to call from many instances at once.
     *
     * @return completes when all are done; errors when the others are done, if one cannot be
     */
    public Mono<Void> install() {
        return Flux.fromIterable(declared.shards())
                .flatMapDelayError(ShardOffice::install, Declared.CONCURRENCY, 1)
                .then();
    }

    /** What operators and pages look at: lists, page by page, and the state of all at once. */
    public Inspection inspect() {
        return inspection;
    }

    /** Starts the workers, which go on until {@link #stop()}. A database that is down only makes them wait for it. */
    public Mono<Void> start() {
        return workforce.start();
    }

    /** Stops the workers; completes when every lease is handed back. */
    public Mono<Void> stop() {
        return workforce.stop();
    }

    /**
     * One tick, for cron: claims what is due on every shard and drives it to where it is left.
     *
     * @return the runs as they were left; empty when nothing was due. Cancelling hands them back.
     */
    public Flux<Run> runOnce() {
        return workforce.once();
    }

    /**
     * Enqueues a migration on the shards it is declared for, or on some of them.
     *
     * @return what came of it on each shard. Errors with {@link ConfigurationException} when the order cannot be meant, with the
     *     shard's own error (among them {@link RunNotSucceededException} where the run was CANCELLED and is not enqueued
     *     {@link Enqueue#again()}) or, where several shards were asked, after all others were done, with
     *     {@link EnqueueFailedException}
     */
    public Flux<Enqueued> enqueue(Enqueue order) {
        return Flux.defer(() -> {
            DataMigration migration = declared.migration(order.name());
            return intake.enqueue(order, migration, declared.shardsOf(migration, order.shards()));
        });
    }

    /** Schema migrations: indexes, validations and other long statements, as runs. */
    public SchemaMigrations schema() {
        return schema;
    }

    /** Lets a delayed run begin; errors with {@link IllegalTransitionException} from any other status. */
    public Mono<Run> approve(RunId run) {
        return steering.change(run, Verb.APPROVE);
    }

    /**
     * Asks a run to pause; one that is worked on is PAUSING until its worker has stopped. Errors with {@link
     * io.sluice.schema.StatementRunsException} for a schema run that is one statement at work.
     */
    public Mono<Run> pause(RunId run) {
        return steering.pause(run);
    }

    public Mono<Run> resume(RunId run) {
        return steering.change(run, Verb.RESUME);
    }

    /** Asks a run to end for good; one that is worked on is CANCELLING until its worker has stopped. */
    public Mono<Run> cancel(RunId run) {
        return steering.change(run, Verb.CANCEL);
    }

    /** Tries again now what failed, with all attempts anew; it goes on where it stood. */
    public Mono<Run> retry(RunId run) {
        return steering.change(run, Verb.RETRY);
    }

    /**
     * Declares that what is left of a FAILED run will never be migrated, and that this is well: it is SUCCEEDED then. What it has
     * in quarantine is closed.
     *
     * @return errors with {@link io.sluice.schema.StatementRunsException} for a schema run whose change is not made, as the catalog
     *     has it: that one can be cancelled
     */
    public Mono<Run> dismiss(RunId run) {
        return steering.dismiss(run);
    }

    /**
     * Declares that rows in quarantine will never be migrated. When none is left open, a run that FAILED only for these is
     * SUCCEEDED.
     *
     * @param keys as {@link QuarantinedKey#key()} gives them; those that are not in quarantine change nothing
     * @return the run as it is then
     */
    public Mono<Run> dismiss(RunId run, Collection<List<String>> keys) {
        return steering.dismiss(run, List.copyOf(keys));
    }

    /** Emits the rows that the run could not migrate and that nobody has dismissed, in the order in which they failed. */
    public Flux<QuarantinedKey> quarantine(RunId run) {
        return declared.at(run)
                .flatMapMany(office -> office.ledger().quarantine().list(run.number()));
    }

    /**
     * Drives one run to its end in the caller, without pauses and throttle, with all attempts anew. If somebody works on it, it is
     * taken over when what is in flight is done.
     *
     * @return the run, SUCCEEDED; errors with {@link RunNotSucceededException} when it ends otherwise, with {@link
     *     IllegalTransitionException} when its status forbids it. Cancelling hands the run back.
     */
    public Mono<Run> finish(RunId run) {
        return declared.at(run)
                .flatMap(office -> office.ledger().runs().find(run.number()).flatMap(found -> {
                    if (found.kind() == RunKind.DATA) {
                        declared.migration(found.name()); // who does not know it must not take it from who does
                    }
                    return foreground.finish(office, found);
                }));
    }

    /** As {@link #finish(RunId)}, for the newest run of (name, arguments) on every shard it is declared for, side by side. */
    public Flux<Run> finish(String name, Arguments arguments) {
        return members(name)
                .flatMapDelayError(
                        office -> foreground.finish(office, RunKind.DATA, name, arguments), Declared.CONCURRENCY, 1);
    }

    /**
     * Removes the runs of (name, arguments) from the ledgers.
     *
     * @return ids of the removed; errors with {@link io.sluice.ledger.LeaseHeldException} when one is being worked on
     */
    public Flux<RunId> remove(String name, Arguments arguments) {
        return members(name)
                .concatMap(office -> office.ready()
                        .then(Mono.defer(() -> office.ledger().runs().findNewest(RunKind.DATA, name, arguments)))
                        .flatMap(run -> office.worker().settleLapsed(run.id().number()))
                        .thenMany(Flux.defer(() -> office.ledger().runs().remove(RunKind.DATA, name, arguments))));
    }

    /**
     * Emits the group if it SUCCEEDED on every shard it is declared for; errors with {@link RunNotSucceededException} if not: for
     * deploy gates, and for whoever builds on the migrated data.
     */
    public Mono<RunGroup> ensureSucceeded(String name, Arguments arguments) {
        return group(name, arguments)
                .flatMap(group -> group.status() == RunGroup.Status.SUCCEEDED
                        ? Mono.just(group)
                        : Mono.error(RunNotSucceededException.of(group)));
    }

    /** Emits all runs, newest first within their shard. */
    public Flux<Run> runs() {
        return Flux.fromIterable(declared.shards())
                .flatMap(
                        office -> office.ready()
                                .thenMany(
                                        Flux.defer(() -> office.ledger().runs().list())),
                        Declared.CONCURRENCY);
    }

    /** Emits the run; errors with {@link RunNotFoundException} when there is none. */
    public Mono<Run> run(RunId run) {
        return declared.at(run).flatMap(office -> office.ledger().runs().find(run.number()));
    }

    /** Emits the runs of (name, arguments) over the shards it is declared for. A shard that does not answer is one of them. */
    public Mono<RunGroup> group(String name, Arguments arguments) {
        return members(name)
                .flatMapSequential(
                        office -> office.ready()
                                .then(Mono.defer(
                                        () -> office.ledger().runs().findNewest(RunKind.DATA, name, arguments)))
                                .map(RunGroup.Member::of)
                                .defaultIfEmpty(RunGroup.Member.missing(office.name()))
                                .onErrorReturn(
                                        DatabaseUnreachableException.class, RunGroup.Member.unreachable(office.name())),
                        Declared.CONCURRENCY)
                .collectList()
                .map(members -> new RunGroup(name, arguments, members));
    }

    /**
     * Emits how far a run is, at once and then about twice a second, on whichever instance it is worked on; what is not requested
     * is left out. Completes when the run is over. Once it has begun, it is silent while the shard cannot be reached.
     */
    public Flux<Progress> progress(RunId run) {
        return declared.at(run)
                .flatMapMany(office -> progress.of(office.ledger().dataRuns().progress(run.number())));
    }

    /**
     * Emits what happens from now on, on every shard; never completes. Each subscriber reads at its own pace. A shard that cannot
     * be reached, or has no ledger that can be used, is silent, and is read on from where it was when it can.
     */
    public Flux<SluiceEvent> events() {
        return each(declared.shards(), events::fromNow);
    }

    /**
     * Emits what happened on one shard after an event, and what happens from now on; never completes. Where the journal was cut
     * meanwhile, or begins anew, a {@link SluiceEvent.Gap} stands for what is missing. While the shard cannot be reached, or has no
     * ledger that can be used, it is silent.
     */
    public Flux<SluiceEvent> eventsAfter(String shard, long number) {
        return Flux.defer(() -> events.after(declared.shard(shard), number));
    }

    /** As {@link #eventsAfter}, but only what is journalled: without the {@link SluiceEvent.SubBatchDone} of this instance. */
    public Flux<SluiceEvent> journalAfter(String shard, long number) {
        return Flux.defer(() -> events.journalAfter(declared.shard(shard), number));
    }

    /** Emits the number of the newest event of a shard, to read on from with {@link #eventsAfter}; 0 when there is none yet. */
    public Mono<Long> lastEvent(String shard) {
        return Mono.defer(() -> declared.shard(shard)
                .ready()
                .then(Mono.defer(() -> declared.shard(shard).ledger().journal().lastNumber())));
    }

    /**
     * Changes the settings of a run; they hold from its next sub-batch, on whichever instance it is worked on. Of several changes at
     * one time none is lost.
     *
     * @param change given the present ones; it is called while the row is locked
     * @return the new ones; errors with {@link SettingsFixedException} when the run is SUCCEEDED or CANCELLED, or no data run
     */
    public Mono<BatchSettings> changeSettings(RunId run, UnaryOperator<BatchSettings> change) {
        return steering.changeSettings(run, change);
    }

    /**
     * Stops the workers and, when every lease is handed back, those of cancelled callers too, closes the connections that Sluice
     * opened; factories that were given stay as they are.
     */
    public Mono<Void> close() {
        return stop().then(each(declared.shards(), office -> office.close().thenReturn(office.name()))
                .then());
    }

    private Flux<ShardOffice> members(String name) {
        return Flux.defer(() -> Flux.fromIterable(declared.shardsOf(declared.migration(name), Set.of())));
    }

    /** Over shards side by side; an infinite stream of each has its place. */
    private static <T> Flux<T> each(Collection<ShardOffice> offices, Function<ShardOffice, Publisher<T>> of) {
        return Flux.fromIterable(offices).flatMap(of, offices.size());
    }
}
