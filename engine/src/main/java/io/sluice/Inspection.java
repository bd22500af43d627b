package io.sluice;

import io.r2dbc.spi.R2dbcException;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.RunListing;
import io.sluice.run.AuditedBatch;
import io.sluice.run.Progress;
import io.sluice.run.QuarantinedKey;
import io.sluice.run.Run;
import io.sluice.run.RunFilter;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.run.RunPage;
import io.sluice.run.SluiceException;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What operators and pages look at: lists, page by page, and the state of all shards at once. It only reads. No connection is held
 * while what was read is taken, so a slow reader is nobody's trouble but its own. Where several shards are asked, one that
 * does not answer within three seconds, breaks off, or has no ledger that can be used, is told of and hides none of the others; methods
 * about one run error as those of {@link Sluice} do.
 */
public final class Inspection {

    /** Most that a list tells at once. */
    public static final int MOST = 1_000;

    /** A person waits for the others. A look is a few short statements, and at worst begins with opening a connection. */
    private static final Duration WITHIN = Duration.ofSeconds(3);

    private final Declared declared;
    private final ProgressStream progress;

    Inspection(Declared declared, ProgressStream progress) {
        this.declared = declared;
        this.progress = progress;
    }

    /** Emits how each shard is, in their order. */
    public Flux<ShardReport> shards() {
        return Flux.defer(() -> Flux.fromIterable(declared.shards()))
                .flatMapSequential(
                        office -> bounded(office, report(office))
                                .onErrorResume(
                                        Inspection::isOfTheShard,
                                        error -> Mono.just(new ShardReport(
                                                office.name(),
                                                !(error instanceof DatabaseUnreachableException),
                                                trouble(error),
                                                null,
                                                Map.of(),
                                                0))),
                        Declared.CONCURRENCY);
    }

    /** One question after the other: each takes a connection of those that renew leases. */
    private static Mono<ShardReport> report(ShardOffice office) {
        RunListing listing = office.ledger().listing();
        return office.ledger()
                .schema()
                .check()
                .then(office.ledger().schema().version())
                .flatMap(version -> listing.counts()
                        .flatMap(counts -> listing.lapsed()
                                .map(lapsed -> new ShardReport(office.name(), true, null, version, counts, lapsed))));
    }

    /**
     * Emits one page of runs.
     *
     * @param after the last one of the page before; null: from the first on
     * @param limit most runs of a page: 1 to 1 000
     */
    public Mono<RunPage> runs(RunFilter filter, @Nullable RunId after, int limit) {
        return Mono.defer(() -> {
            filter.shards().forEach(declared::shard);
            within(limit);
            Set<String> unreachable = new ConcurrentSkipListSet<>();
            return Flux.fromIterable(behind(filter, after))
                    // some side by side, as each may keep waiting; what is asked is not cancelled, which would cost
                    // connections
                    .buffer(Declared.CONCURRENCY)
                    .concatMap(
                            some -> Flux.fromIterable(some)
                                    .flatMapSequential(
                                            office -> seen(
                                                    office,
                                                    unreachable,
                                                    it -> it.page(filter, numberAt(office, after), limit)),
                                            Declared.CONCURRENCY)
                                    .collect(() -> new ArrayList<Run>(), List::addAll)
                                    .flatMapIterable(runs -> runs),
                            1)
                    .take(limit)
                    .collectList()
                    .map(runs -> new RunPage(
                            runs,
                            runs.size() < limit ? null : runs.get(limit - 1).id(),
                            unreachable));
        });
    }

    /** The shards of the filter from that of the last run on. */
    private List<ShardOffice> behind(RunFilter filter, @Nullable RunId after) {
        String first = after == null ? null : declared.shard(after.shard()).name();
        return declared.shards().stream()
                .dropWhile(it -> first != null && !it.name().equals(first))
                .filter(it -> filter.shards().isEmpty() || filter.shards().contains(it.name()))
                .toList();
    }

    private static @Nullable Long numberAt(ShardOffice office, @Nullable RunId after) {
        return after != null && after.shard().equals(office.name()) ? after.number() : null;
    }

    /**
     * Emits the run groups, those that were enqueued last first.
     *
     * @param limit most migrations that are looked for on each shard: 1 to 1 000
     */
    public Flux<RunGroup> groups(int limit) {
        return Flux.defer(() -> {
            within(limit);
            Set<String> unreachable = new ConcurrentSkipListSet<>();
            Groups groups = new Groups(declared.shardNames(), declared::membersOf);
            return Flux.fromIterable(declared.shards())
                    .flatMap(office -> seen(office, unreachable, it -> it.newest(limit)), Declared.CONCURRENCY)
                    .collect(() -> new ArrayList<Run>(), List::addAll)
                    .flatMapIterable(newest -> groups.of(newest, unreachable));
        });
    }

    /**
     * Emits the batches of a run, newest first.
     *
     * @param before only those with a smaller number; null: from the newest on
     * @param limit at most so many: 1 to 1 000
     */
    public Flux<AuditedBatch> batches(RunId run, @Nullable Long before, int limit) {
        return ofRun(run, limit, office -> office.ledger().batches().audit(run.number(), before, limit));
    }

    /** Emits the open keys in quarantine with a greater number, in the order in which they failed, at most so many: 1 to 1 000. */
    public Flux<QuarantinedKey> quarantine(RunId run, long after, int limit) {
        return ofRun(run, limit, office -> office.ledger().quarantine().list(run.number(), after, limit));
    }

    /** Emits what the journal has of a run after that number, in order, at most so many: 1 to 1 000. */
    public Flux<SluiceEvent> events(RunId run, long after, int limit) {
        return ofRun(run, limit, office -> office.ledger().journal().ofRun(run.number(), after, limit));
    }

    private <T> Flux<T> ofRun(RunId run, int limit, Function<ShardOffice, Flux<T>> read) {
        return Flux.defer(() -> {
            ShardOffice office = declared.shard(run.shard());
            within(limit);
            return office.ready()
                    .then(Mono.defer(() -> office.ledger().runs().find(run.number())))
                    .flatMap(found -> read.apply(office).collectList())
                    .flatMapIterable(it -> it);
        });
    }

    /**
     * Emits how far each run is that may change by itself, on whichever instance it is worked on, at once and then about twice a second
     * as far as it is requested; the last state of one that ends, too. Never completes. A shard that cannot be reached is
     * silent.
     */
    public Flux<Progress> progress() {
        return Flux.defer(() -> Flux.fromIterable(declared.shards()))
                .flatMap(
                        office -> progress.ofMany(look(office)),
                        declared.shards().size());
    }

    /** As {@link #progress()}, one look and no rates: emits each of these runs once. */
    public Flux<Progress> progressNow() {
        return Flux.defer(() -> Flux.fromIterable(declared.shards()))
                .flatMap(
                        office -> bounded(office, look(office))
                                .onErrorResume(DatabaseUnreachableException.class, e -> Mono.empty()),
                        Declared.CONCURRENCY)
                .flatMapIterable(seen -> seen);
    }

    private static Mono<List<Progress>> look(ShardOffice office) {
        return office.ready()
                .then(Mono.defer(() -> office.ledger().dataRuns().liveProgress().collectList()))
                .onErrorResume(Inspection::isOfTheShard, error -> Mono.empty());
    }

    /** What the listing of a shard says; nothing where it cannot be had, and {@link #shards()} says why. */
    private static Mono<List<Run>> seen(
            ShardOffice office, Set<String> unreachable, Function<RunListing, Mono<List<Run>>> read) {
        return bounded(
                        office,
                        office.ready()
                                .then(Mono.defer(
                                        () -> read.apply(office.ledger().listing()))))
                .onErrorResume(Inspection::isOfTheShard, error -> {
                    unreachable.add(office.name());
                    return Mono.just(List.of());
                });
    }

    /** A server that went away without a word keeps who looks waiting for much longer. */
    private static <T> Mono<T> bounded(ShardOffice office, Mono<T> look) {
        return look.timeout(
                WITHIN,
                Mono.error(() -> new DatabaseUnreachableException(
                        office.name(), new TimeoutException("no answer within " + WITHIN.toSeconds() + " s"))));
    }

    /** Or whatever else a database says in the middle of a look, as when it is stopped: no reason to hide the other shards. */
    private static boolean isOfTheShard(Throwable error) {
        return error instanceof SluiceException || (error instanceof R2dbcException && !isOfTheQuestion(error));
    }

    /** A value that the database cannot take, as a text with a NUL in it: every shard would say so. */
    private static boolean isOfTheQuestion(Throwable error) {
        String state = SqlFault.sqlState(error);
        return state != null && state.startsWith("22");
    }

    private static String trouble(Throwable error) {
        return error instanceof SluiceException
                ? String.valueOf(error.getMessage())
                : "its ledger could not be read (" + SqlFault.kind(error) + ")";
    }

    private static void within(int limit) {
        if (limit < 1 || limit > MOST) {
            throw new IllegalArgumentException("limit must be 1.." + MOST + ", was " + limit);
        }
    }
}
