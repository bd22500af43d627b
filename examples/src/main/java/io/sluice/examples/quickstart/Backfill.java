package io.sluice.examples.quickstart;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.data.DataMigration;
import io.sluice.run.Arguments;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunId;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The use of Sluice: two migrations on all shards, enqueued, worked on and watched. */
final class Backfill implements AutoCloseable {

    private static final Duration BEGINS_WITHIN = Duration.ofMinutes(1);
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(15);

    /** Short, so that a start after kill -9 need not wait long for the lease of the killed. */
    private static final WorkerSettings WORKERS =
            WorkerSettings.DEFAULTS.withLease(Duration.ofSeconds(4)).withIdlePoll(Duration.ofSeconds(1));

    private final Sluice sluice;
    private final List<ShopShard> shards;
    private final Sizes sizes;
    private final Map<RunId, Long> seenBefore = new ConcurrentHashMap<>();
    private final Map<RunId, Long> seen = new ConcurrentHashMap<>();
    private List<Enqueued> runs = List.of();
    private long begun;

    private Backfill(List<ShopShard> shards, Sizes sizes) {
        SluiceBuilder builder = Sluice.builder().worker(WORKERS);
        shards.forEach(shard -> builder.shard(shard.name(), shard.connections()));
        ShopMigrations.ALL.forEach(builder::migrations);
        this.sluice = builder.build();
        this.shards = shards;
        this.sizes = sizes;
    }

    /** Blocks until the ledgers are there. */
    static Backfill at(List<ShopShard> shards, Sizes sizes) {
        Backfill backfill = new Backfill(shards, sizes);
        try {
            backfill.sluice.install().block(BEGINS_WITHIN);
            return backfill;
        } catch (RuntimeException e) {
            backfill.close();
            throw e;
        }
    }

    Sluice sluice() {
        return sluice;
    }

    /** What it came to; {@code rowsThroughAll} are the rows that went through all migrations in this process. */
    record End(String status, double seconds, long rowsThroughAll, List<String> failures) {}

    /** Enqueues what is not enqueued yet, and starts the workers. */
    void begin() {
        runs = Objects.requireNonNull(Flux.fromIterable(ShopMigrations.ALL)
                .concatMap(this::enqueue)
                .collectList()
                .block(BEGINS_WITHIN));
        Flux.fromIterable(runs)
                .concatMap(it -> sluice.progress(it.run().id()).next())
                .doOnNext(progress -> seenBefore.put(progress.run(), progress.rowsSeen()))
                .then(sluice.start())
                .block(BEGINS_WITHIN);
        begun = System.nanoTime();
    }

    String description() {
        long found = runs.stream().filter(it -> !it.created()).count();
        String names = String.join(
                " and ", ShopMigrations.ALL.stream().map(DataMigration::name).toList());
        return found == 0 ? "Running " + names : "Going on with " + names;
    }

    /** The progress of every shard, which does one migration after the other; completes when all are over. */
    Flux<ShardProgress> progress() {
        return Flux.fromIterable(shards).flatMap(this::progress, shards.size());
    }

    End end() {
        double seconds = (System.nanoTime() - begun) / 1e9;
        List<RunGroup> groups = Objects.requireNonNull(Flux.fromIterable(ShopMigrations.ALL)
                .concatMap(migration -> sluice.group(migration.name(), Arguments.none()))
                .collectList()
                .block(BEGINS_WITHIN));
        String status = groups.stream()
                .map(RunGroup::status)
                .filter(it -> it != RunGroup.Status.SUCCEEDED)
                .findFirst()
                .orElse(RunGroup.Status.SUCCEEDED)
                .name();
        long passed = seen.entrySet().stream()
                .mapToLong(it -> it.getValue() - seenBefore.getOrDefault(it.getKey(), 0L))
                .sum();
        return new End(status, seconds, passed / ShopMigrations.ALL.size(), failures(groups));
    }

    /** Hands the leases back. */
    @Override
    public void close() {
        sluice.close()
                .onErrorResume(e -> Mono.fromRunnable(
                        () -> System.err.println("leases were not handed back and will lapse: " + e.getMessage())))
                .block(ENDS_WITHIN);
    }

    private Flux<Enqueued> enqueue(DataMigration migration) {
        return sluice.enqueue(Enqueue.of(migration.name()).settings(sizes::of)).concatMap(this::resized);
    }

    /** A run that was there before keeps its settings, unless they are changed. */
    private Mono<Enqueued> resized(Enqueued enqueued) {
        Run run = enqueued.run();
        return enqueued.created() || !sizes.areGiven() || run.status().isTerminal()
                ? Mono.just(enqueued)
                : sluice.changeSettings(run.id(), sizes::of).thenReturn(enqueued);
    }

    private Flux<ShardProgress> progress(ShopShard shard) {
        return Flux.fromIterable(runs)
                .filter(it -> it.run().id().shard().equals(shard.name()))
                .concatMap(
                        it -> sluice.progress(it.run().id())
                                .doOnNext(this::remember)
                                .map(progress -> ShardProgress.ofRun(it.run().name(), progress)),
                        1);
    }

    private void remember(Progress progress) {
        seen.put(progress.run(), progress.rowsSeen());
    }

    private static List<String> failures(List<RunGroup> groups) {
        return groups.stream()
                .flatMap(group -> group.members().stream())
                .filter(member -> member.status() != RunGroup.Status.SUCCEEDED)
                .map(member -> member.shard() + ": " + member.status() + " "
                        + (member.run() == null ? "" : member.run().failure()))
                .toList();
    }
}
